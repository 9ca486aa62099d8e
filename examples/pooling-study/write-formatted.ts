import { format, resolveConfig } from 'prettier';
import { writeWhole } from './write-whole.js';

/** Writes a file in the form that the repository's other files have, whole or not at all. */
export async function writeFormatted(file: string, text: string): Promise<void> {
  const options = { ...(await resolveConfig(file)), filepath: file };
  await writeWhole(file, await format(text, options));
}
