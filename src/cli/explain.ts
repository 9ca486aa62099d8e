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
  // Checked before a classifier of up to 100 MB is loaded.
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
      `most probable class: ${likeliest?.className ?? ''} (${percent(likeliest?.probability ?? NaN)})`,
      `${out}: activation map of "${found.className}"`,
    );
  } finally {
    classifier.dispose();
  }
}

/** `resnet-heads explain`. */
export function explainCommand(terminal: Terminal): Command {
  return new Command('explain')
    .summary('highlight the parts of a picture that indicate a class')
    .description(
      'Draws a class activation map over a picture: where the classifier finds evidence for a class ' +
        '(Zhou et al., arXiv 1512.04150). Works with pooled and dense heads.',
    )
    .argument(
      '<classifier>',
      'a folder that `train` has written, its URL, or a name such as resnet-mini or keras/resnet50',
    )
    .argument('<picture>', 'a picture file')
    .option(
      '--out <file>',
      '.png, .jpg or .webp file to write (default: NAME.seen.png in the current folder)',
    )
    .option('--class <name>', 'class to show (default: the most probable)')
    .action((source: string, picture: string, flags: ExplainFlags) =>
      explain(terminal, source, picture, flags),
    );
}
