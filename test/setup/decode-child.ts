import { readFileSync, writeFileSync } from 'node:fs';
import { imageBatches } from '../../src/node/images/batches';
import { decodeImage } from '../../src/node/images/decode';

// Decodes pictures in a process of its own, and prints by how many bytes its memory rose at most for each; with
// --at-once, for all of them together, as a batch.
const SIZE = { height: 224, width: 224 };
const peak = (): number =>
  1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

/** Runs work, and gives how far memory rose over what it was before. */
async function rise(work: () => Promise<unknown>): Promise<number> {
  // Sets the peak to what is used now (proc_pid_clear_refs(5)).
  writeFileSync('/proc/self/clear_refs', '5');
  const before = peak();
  await work();
  return peak() - before;
}

const [, , mode, ...paths] = process.argv;
const all = async () => {
  const images = paths.map((path) => ({ path, label: 0 }));
  for await (const batch of imageBatches(images, { ...SIZE, strict: true })) batch.pixels.dispose();
};
// Loads sharp.
await decodeImage(paths[0] ?? '', { height: 8, width: 8 });
const rises: number[] = [];
if (mode === '--at-once') rises.push(await rise(all));
else for (const path of paths) rises.push(await rise(() => decodeImage(path, SIZE)));
process.stdout.write(`\n${JSON.stringify(rises)}`);
