import { parse } from 'node:path';
import { Command } from 'commander';
import { ArgumentError, present } from '../errors.js';
import { percent } from '../numbers.js';
import { chooseBackend } from './backend.js';
import type { Terminal } from './terminal.js';

interface ExplainFlags {
  readonly class?: string;
  readonly output?: string;
}

async function explain(
  terminal: Terminal,
  dir: string,
  image: string,
  { class: wanted, output = `${parse(image).name}.seen.png` }: ExplainFlags,
): Promise<void> {
  const [tf, { loadClassifier }, { decodeImage }, activation, base, files] = await Promise.all([
    import('@tensorflow/tfjs'),
    import('../node/classifier-folder.js'),
    import('../node/images/index.js'),
    import('../explain/index.js'),
    import('../base/preprocess.js'),
    import('../node/write-image.js'),
  ]);
  await chooseBackend(terminal);
  const classifier = await loadClassifier(dir);
  const { classes, inputSize, preprocessing } = classifier.metadata;
  try {
    const [height, width] = inputSize;
    const { pixels } = await decodeImage(image, { height, width });
    const picture = tf.tensor3d(pixels, [height, width, 3], 'int32');
    const [first] = await classifier.classify(picture, { top: 1 });
    const likeliest = present(first, 'the likeliest class');
    const name = wanted ?? likeliest.className;
    const index = classes.indexOf(name);
    if (index === -1) {
      throw new ArgumentError(`--class: expected one of ${classes.join(', ')}, got "${name}"`);
    }
    const ready = base.preprocess(picture.toFloat(), preprocessing);
    const { values } = await activation.classActivationMap(classifier.model, ready, index);
    const coloured = activation.overlay(values, picture);
    await files.writeImage(output, coloured);
    tf.dispose([picture, ready, values, coloured]);
    terminal.say(
      `likeliest: ${likeliest.className} (${percent(likeliest.probability)})`,
      `${output}: where the model sees "${name}"`,
    );
  } finally {
    classifier.dispose();
  }
}

/** `resnet-heads explain`. */
export function explainCommand(terminal: Terminal): Command {
  return new Command('explain')
    .summary('where a classifier sees a class')
    .description(
      'Draws the class activation map of a picture over it (Zhou et al., arXiv 1512.04150), for\n' +
        'pooled and dense heads.',
    )
    .argument('<dir>', 'a saved classifier, or its address')
    .argument('<image>', 'a file')
    .option(
      '--output <file>',
      'a .png, .jpg or .webp to write (default: the image’s name with .seen.png, here)',
    )
    .option('--class <name>', 'which class to look for (default: the likeliest)')
    .action((dir: string, image: string, flags: ExplainFlags) =>
      explain(terminal, dir, image, flags),
    );
}
