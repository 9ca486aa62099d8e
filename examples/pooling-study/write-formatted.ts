import { rename, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

/** Writes a file in the form that the repository's other files have, whole or not at all. */
export async function writeFormatted(file: string, text: string): Promise<void> {
  const draft = `${file}.draft`;
  await writeFile(draft, await format(text, { ...(await resolveConfig(file)), filepath: file }));
  await rename(draft, file);
}
