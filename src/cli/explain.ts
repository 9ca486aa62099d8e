import { parse } from 'node:path';
import { Command } from 'commander';
import { percent } from '../numbers.js';
import { openClassifier } from './load.js';
import type { Terminal } from './terminal.js';

interface ExplainFlags {
  readonly class?: string;
  readonly out?: string;
}

async function explain(
  terminal: Terminal,
  source: string,
  picture: string,
  { class: className, out = `${parse(picture).name}.seen.png` }: ExplainFlags,
): Promise<void> {
  const { requireImageFile } = await import('../node/write-image.js');
  // Before a classifier is loaded, which can be 100 MB.
  await requireImageFile(out, picture);
  const classifier = await openClassifier(terminal, source);
  try {
    const [likeliest] = await classifier.classify(picture, { top: 1 });
    const found = await classifier.explain(picture, {
      out,
      ...(className === undefined ? {} : { className }),
    });
    found.values.dispose();
    found.overlay.dispose();
    terminal.say(
      `likeliest: ${likeliest?.className ?? ''} (${percent(likeliest?.probability ?? NaN)})`,
      `${out}: where the model sees "${found.className}"`,
    );
  } finally {
    classifier.dispose();
  }
}

/** `resnet-heads explain`. */
export function explainCommand(terminal: Terminal): Command {
  return new Command('explain')
    .summary('show where in a picture a classifier sees a class')
    .description(
      'Draws the class activation map of a picture over it (Zhou et al., arXiv 1512.04150), for ' +
        'pooled and dense heads.',
    )
    .argument(
      '<classifier>',
      'a folder that `train` has written, its address, or a name such as keras/resnet50',
    )
    .argument('<picture>', 'a file')
    .option(
      '--out <file>',
      'a .png, .jpg or .webp to write (default: the picture’s name with .seen.png, here)',
    )
    .option('--class <name>', 'which class to look for (default: the likeliest)')
    .action((source: string, picture: string, flags: ExplainFlags) =>
      explain(terminal, source, picture, flags),
    );
}
