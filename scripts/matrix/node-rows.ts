import assert from 'node:assert/strict';
import { delimiter, dirname, join } from 'node:path';
import { attempt, run } from './command.js';
import { type Consumers, WEIGHTS } from './consumers.js';
import { expected, PARAMS } from './expected.js';
import { nodeVersions, type Release } from './node-versions.js';
import type { Row } from './rows.js';

const RELEASES: readonly Release[] = ['20', '22', '24', 'current'];

/** Runs one of the fixtures where it is installed. */
async function runApp(node: string, cwd: string, file: string, backend: 'cpu' | 'tensorflow') {
  const output = await run(node, [file], { cwd });
  // TensorFlow.js advertises its build for Node before it.
  const report: unknown = JSON.parse(output.slice(output.indexOf('{"')));
  assert.deepEqual(report, expected(backend, WEIGHTS));
}

async function planAlone(node: string, cwd: string): Promise<void> {
  const tfjs = await attempt(node, ['-e', "require('@tensorflow/tfjs')"], { cwd });
  assert.match(tfjs.stderr, /Cannot find module '@tensorflow\/tfjs'/);
  const use = "console.log(planResnet({ head: 'pooled', numClasses: 10 }).totals.params)";
  const required = `const { planResnet } = require('resnet-heads/plan'); ${use}`;
  const imported = `import { planResnet } from 'resnet-heads/plan'; ${use}`;
  const answer = `${PARAMS[0]}\n`;
  assert.equal(await run(node, ['-e', required], { cwd }), answer);
  assert.equal(await run(node, ['--input-type=module', '-e', imported], { cwd }), answer);
}

/** The command as npm links it, which takes the Node that it finds first. */
function command(node: string, cwd: string) {
  const program = join(cwd, 'node_modules', '.bin', 'resnet-heads');
  const PATH = [dirname(node), process.env['PATH']].join(delimiter);
  return [program, { cwd, env: { PATH } }] as const;
}

async function commandAlone(node: string, cwd: string): Promise<void> {
  const [program, place] = command(node, cwd);
  const json = async <T>(...args: readonly string[]): Promise<T> =>
    JSON.parse(await run(program, [...args, '--format', 'json'], place)) as T;

  const { plans } = await json<{ plans: { totals: { params: number } }[] }>('compare');
  assert.deepEqual(
    plans.map((plan) => plan.totals.params),
    PARAMS,
  );
  const { weights } = await json<{ weights: { name: string }[] }>('weights', 'list');
  assert.equal(weights[0]?.name, 'keras/resnet50');
  const model = await json<{ inputShapes: number[][] }>('inspect', WEIGHTS);
  assert.deepEqual(model.inputShapes, [[32, 32, 3]]);
  const inspected = await run(program, ['weights', 'inspect', WEIGHTS], place);
  assert.match(inspected, /Keras 3 archive/);

  const wrong = await attempt(program, ['compare', '--input', '16'], place);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^error: --input: [^\n]*\n$/);
}

async function commandMeasures(node: string, cwd: string): Promise<void> {
  const [program, place] = command(node, cwd);
  const args = ['compare', '--measure', '--input', '32', '--runs', '1', '--format', 'json'];
  const { comparison } = JSON.parse(await run(program, args, place)) as {
    comparison: { heads: { times: { backend: string }; totals: { params: number } }[] };
  };
  assert.equal(comparison.heads[0]?.times.backend, 'tensorflow');
  assert.equal(comparison.heads[0].totals.params, PARAMS[0]);
}

/** Each Node runs every entry of the package and the command line. */
export function nodeRows({ alone, tensorflow }: Consumers): Row[] {
  const nodeOf = nodeVersions();
  return RELEASES.flatMap((release) => {
    const node = () => nodeOf(release);
    const row = (
      name: string,
      consumer: () => Promise<string>,
      use: (node: string, cwd: string) => Promise<void>,
    ): Row => ({
      name: `Node ${release}: ${name}`,
      needs: [node, consumer],
      async check() {
        const cwd = await consumer();
        const version = (await run(await node(), ['--version'], { cwd })).trim();
        await use(await node(), cwd);
        return { version };
      },
    });
    const app = (name: string, file: string, backend: 'cpu' | 'tensorflow') =>
      row(name, tensorflow, (program, cwd) => runApp(program, cwd, file, backend));
    return [
      app('import, @tensorflow/tfjs', 'tfjs.mjs', 'cpu'),
      app('require, @tensorflow/tfjs', 'tfjs.cjs', 'cpu'),
      app('import, loadTfjsNode()', 'tfjs-node.mjs', 'tensorflow'),
      app('require, loadTfjsNode()', 'tfjs-node.cjs', 'tensorflow'),
      row('import and require, /plan alone', alone, planAlone),
      row('command line', alone, commandAlone),
      row('command line, tfjs-node', tensorflow, commandMeasures),
    ];
  });
}
