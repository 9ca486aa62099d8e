import { mkdir, rmdir } from 'node:fs/promises';
import { extname, join, parse } from 'node:path';
import { Command } from 'commander';
import { reject } from '../errors.js';
import { given } from '../given.js';
import { factsOf, placeOf } from '../node/write/place.js';
import { figures, percent } from '../numbers.js';
import { eachPicture, requireAll } from './each-picture.js';
import { openClassifier } from './load.js';
import { requireUnread } from './output.js';
import type { Terminal } from './terminal.js';

interface ExplainFlags {
  readonly class?: string;
  readonly out?: string;
}

/** Where the pictures are written. */
interface Targets {
  /** By the path of the picture. */
  readonly files: ReadonlyMap<string, string>;
  /** A folder that has to be made first. */
  readonly folder: string | undefined;
}

/** Finds out whether `--out` is a folder, which may have to be made, or a file. */
async function kindOf(out: string): Promise<'folder' | 'new folder' | 'file'> {
  // What is wrong with a path is told when it is checked as a file.
  const there = await factsOf(placeOf('--out', out)).catch(() => null);
  if (there === undefined && extname(out) === '') return 'new folder';
  return there?.isDirectory() === true ? 'folder' : 'file';
}

/** Names a file for each picture, and checks that all can be written. */
async function targetsOf(
  pictures: readonly string[],
  out: string | undefined,
  args: readonly string[],
): Promise<Targets> {
  const kind = out === undefined ? 'folder' : await kindOf(out);
  if (kind === 'file' && pictures.length > 1) {
    reject('--out', `a folder, for ${pictures.length} pictures`, out);
  }
  const folder = out?.startsWith('file:') ? placeOf('--out', out) : (out ?? '');
  const files = new Map<string, string>();
  const seen = new Map<string, string>();
  for (const picture of pictures) {
    const file = kind === 'file' ? folder : join(folder, `${parse(picture).name}.seen.png`);
    // Some file systems don't tell cases apart.
    const same = seen.get(file.toLowerCase());
    if (same !== undefined) {
      const got = [same, picture];
      reject('pictures', 'different names, as each is written to NAME.seen.png', got);
    }
    seen.set(file.toLowerCase(), picture);
    files.set(picture, file);
  }
  if (kind === 'new folder') return { files, folder };
  const { requireImageFile } = await import('../node/write-image.js');
  for (const [picture, file] of files) {
    await requireUnread(file, args);
    await requireImageFile(file, picture);
  }
  return { files, folder: undefined };
}

/** What the colours of a map mean; the legend of the picture has no numbers. */
function meaningOf(values: ArrayLike<number>): string {
  const numbers = Array.from(values);
  const ends = [Math.min(...numbers), Math.max(...numbers)];
  const [least = '', most = ''] = ends.map(
    (value) => `${figures(value)} (${value < 0 ? 'against' : 'for'})`,
  );
  if (least === most) return 'the evidence is the same everywhere';
  return `dark blue is ${least}, yellow is ${most}`;
}

async function explain(
  terminal: Terminal,
  source: string,
  pictures: readonly string[],
  { class: className, out }: ExplainFlags,
): Promise<void> {
  // Checked before a classifier of up to 100 MB is loaded.
  const { files, folder } = await targetsOf(pictures, out, [source, ...pictures]);
  const classifier = await openClassifier(terminal, source);
  let written: readonly string[][] = [];
  try {
    if (folder !== undefined) await mkdir(folder, { recursive: true });
    written = await eachPicture(terminal, 'explaining', pictures, async (picture) => {
      const file = files.get(picture) ?? '';
      const found = await classifier.explain(picture, { out: file, ...given({ className }) });
      found.overlay.dispose();
      const values = await found.values.data();
      found.values.dispose();
      const { likeliest, probability } = found;
      const isOther = found.className !== likeliest.className;
      const other = isOther ? ` (${percent(probability)}), not the most probable class` : '';
      return [
        `${picture}: most probable class "${likeliest.className}" (${percent(likeliest.probability)})`,
        `${file}: activation map of "${found.className}"${other}; ${meaningOf(values)}`,
      ];
    });
    terminal.say(...written.flat());
    requireAll(written.length, pictures.length);
  } finally {
    if (folder !== undefined && written.length === 0) await rmdir(folder).catch(() => undefined);
    classifier.dispose();
  }
}

/** `resnet-heads explain`. */
export function explainCommand(terminal: Terminal): Command {
  return new Command('explain')
    .summary('highlight the parts of a picture that indicate a class')
    .description(
      'Draws a class activation map over each picture: where the classifier finds evidence for a class ' +
        '(HiResCAM, arXiv 2011.08891). The part of the picture that the classifier does not see is dimmed. ' +
        'A picture that can’t be decoded is skipped and named on standard error; the exit code is then 1.',
    )
    .argument(
      '<classifier>',
      'a folder that `train` has written, its URL, or a name such as resnet-mini or keras/resnet50',
    )
    .argument('<pictures...>', 'picture files')
    .option(
      '--out <path>',
      '.png, .jpg or .webp file to write, or a folder for NAME.seen.png of each picture (default: the current folder)',
    )
    .option('--class <name>', 'class to show (default: the most probable of each picture)')
    .action((source: string, pictures: string[], flags: ExplainFlags) =>
      explain(terminal, source, pictures, flags),
    );
}
