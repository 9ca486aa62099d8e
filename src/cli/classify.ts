import { Command, Option } from 'commander';
import { drawTable } from '../analyze/format/table.js';
import { integer } from './options.js';
import type { Terminal } from './run.js';

interface ClassifyFlags {
  readonly top: number;
  readonly format: 'text' | 'json';
}

async function classify(
  { out }: Terminal,
  folder: string,
  paths: readonly string[],
  { top, format }: ClassifyFlags,
): Promise<void> {
  const [tf, { useFastestBackend }, { loadClassifier }, { decodeImage }] = await Promise.all([
    import('@tensorflow/tfjs'),
    import('../node/backend.js'),
    import('../node/classifier-folder.js'),
    import('../node/images/index.js'),
  ]);
  await useFastestBackend();
  const classifier = await loadClassifier(folder);
  try {
    const [height, width] = classifier.metadata.inputSize;
    const answers = [];
    for (const path of paths) {
      const { pixels } = await decodeImage(path, { height, width });
      const picture = tf.tensor3d(pixels, [height, width, 3], 'int32');
      answers.push({ path, classes: await classifier.classify(picture, { top }) });
      picture.dispose();
    }
    if (format === 'json') {
      out(`${JSON.stringify(answers, null, 2)}\n`);
      return;
    }
    const columns = [
      { title: 'picture' },
      { title: 'class' },
      { title: 'probability', align: 'r' as const },
    ];
    const rows = answers.flatMap(({ path, classes }) =>
      classes.map(({ className, probability }, i) => [
        i === 0 ? path : '',
        className,
        `${(100 * probability).toFixed(1)} %`,
      ]),
    );
    out(`${drawTable({ columns, rows }, 'text')}\n`);
  } finally {
    classifier.dispose();
  }
}

/** `resnet-heads classify`. */
export function classifyCommand(terminal: Terminal): Command {
  return new Command('classify')
    .summary('what pictures show')
    .description(
      'Names the likeliest classes of pictures, by a classifier that `train` has written.',
    )
    .argument('<dir>', 'a saved classifier, or its address')
    .argument('<images...>', 'files')
    .option('--top <n>', 'how many classes to name', integer, 3)
    .addOption(
      new Option('--format <name>', 'text or json').choices(['text', 'json']).default('text'),
    )
    .action((dir: string, images: string[], flags: ClassifyFlags) =>
      classify(terminal, dir, images, flags),
    );
}
