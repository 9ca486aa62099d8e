import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Figures } from './figures.js';
import type { StudyResults } from './results.js';

/** Writes a file in the form that the repository's other files have. */
export async function writeFormatted(file: string, text: string): Promise<void> {
  await writeFile(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
}

export const writeResults = (file: string, results: StudyResults): Promise<void> =>
  writeFormatted(file, JSON.stringify(results));

export const readResults = async (file: string): Promise<StudyResults> =>
  JSON.parse(await readFile(file, 'utf8')) as StudyResults;

/** Writes each figure, light and dark. */
export async function writeFigures(folder: string, figures: Figures): Promise<void> {
  for (const [name, svg] of Object.entries(figures)) {
    await writeFile(join(folder, `study-${name}.svg`), svg);
  }
}
