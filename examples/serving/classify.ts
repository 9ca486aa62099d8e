/**
 * Classifies pictures by a server of the Open Inference Protocol.
 *
 *     npx tsx examples/serving/classify.ts http://127.0.0.1:8000 flowers rose.jpg --top 3
 */
import { Command, InvalidArgumentError } from 'commander';
import { connect } from './client.js';

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text))
    throw new InvalidArgumentError('Expected a whole number of 1 or more.');
  return Number(text);
}

interface Options {
  readonly top: number;
}

async function classify(server: string, model: string, pictures: string[], { top }: Options) {
  const classifier = await connect(server, model);
  for (const picture of pictures) {
    const classes = (await classifier.classify(picture)).slice(0, top);
    const shown = classes.map(
      ({ className, probability }) => `${className} ${(100 * probability).toFixed(1)}%`,
    );
    console.log(`${picture}: ${shown.join(', ')}`);
  }
}

await new Command('classify')
  .argument('<server>', 'its address, such as http://127.0.0.1:8000')
  .argument('<model>', 'name of the model')
  .argument('<pictures...>', 'files')
  .option('--top <n>', 'classes per picture', count, 3)
  .action(classify)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
