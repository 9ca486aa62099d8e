/**
 * Serves classifiers as examples/serving does, by Ray Serve and by Triton, and holds the answers to those of this package; checks the
 * folders for Triton and TensorFlow Serving by their own rules.
 *
 *     npm run test:serving
 *
 * Makes itself Python environments (once, in the user's cache). Exits with 1 where something is wrong.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Classification, type Classifier, exportOnnx, useFastestBackend } from 'resnet-heads';
import { connect } from '../../examples/serving/client.js';
import { decodePixels } from '../../examples/serving/pixels.js';
import { writeTfServingFolder } from '../../examples/serving/tf-serving-folder.js';
import { writeTritonFolder } from '../../examples/serving/triton-folder.js';
import { python, run } from '../shared/python.mjs';
import { drawFiles, makeClassifiers } from './classifiers.js';
import { requirements, type Running, startRay, startTriton } from './servers.js';

const here = dirname(fileURLToPath(import.meta.url));
const TOLERANCE = 1e-5;
/** Requests at once, so that servers put some together. */
const AT_ONCE = 24;

const byName = (classes: readonly Classification[]): Classification[] =>
  [...classes].sort((a, b) => (a.className < b.className ? -1 : 1));

/** The largest difference of two answers on the same picture. */
function difference(ours: readonly Classification[], theirs: readonly Classification[]): number {
  const [expected, got] = [byName(ours), byName(theirs)];
  assert.deepEqual(
    got.map(({ className, present }) => ({ className, present })),
    expected.map(({ className, present }) => ({ className, present })),
  );
  return Math.max(
    ...expected.map(({ probability }, i) => Math.abs(probability - (got[i]?.probability ?? NaN))),
  );
}

/** Asks for each file many times at once; returns the largest difference to this package. */
async function compare(
  { address }: Running,
  name: string,
  classifier: Classifier,
  files: readonly Buffer[],
): Promise<void> {
  const served = await connect(address, name);
  assert.deepEqual(served.classes, classifier.classes);
  assert.deepEqual(served.inputSize, classifier.inputSize);
  const expected = await Promise.all(files.map((file) => classifier.classify(file)));
  const all = Array.from({ length: AT_ONCE }, (_, i) => i % files.length);
  const got = await Promise.all(all.map((i) => served.classify(files[i] ?? Buffer.of())));
  const errors = got.map((answer, i) => difference(expected[all[i] ?? -1] ?? [], answer));
  const error = Math.max(...errors);
  console.log(`${name}: ${got.length} answers within ${error.toExponential(1)}`);
  assert.ok(error < TOLERANCE);
}

/** How many calls of the model answered how many requests. */
async function calls({ address }: Running, name: string) {
  const response = await fetch(`${address}/v2/models/${name}/stats`);
  const { model_stats: stats } = (await response.json()) as {
    readonly model_stats: readonly { inference_count: number; execution_count: number }[];
  };
  assert.ok(stats[0]);
  return { requests: stats[0].inference_count, calls: stats[0].execution_count };
}

await useFastestBackend();
const folder = mkdtempSync(join(tmpdir(), 'resnet-heads-serving-'));
const running: Running[] = [];
try {
  const classifiers = Object.entries(await makeClassifiers());
  const files = await drawFiles();
  const [triton, tfServing] = [join(folder, 'triton'), join(folder, 'tf-serving')];
  const cases: Record<string, object> = {};
  for (const [name, classifier] of classifiers) {
    const options = { name, version: 2, maxBatch: name === 'map' ? 1 : 8, waitMs: 20 };
    await writeTritonFolder(classifier, triton, options);
    await writeTfServingFolder(classifier, tfServing, { name, version: 2 });
    const pixels = await Promise.all(files.map((each) => decodePixels(each, classifier.inputSize)));
    const answers = await Promise.all(files.map((file) => classifier.classify(file)));
    cases[name] = {
      shape: [files.length, ...classifier.inputSize, 3],
      pixels: pixels.flatMap((each) => [...each]),
      probabilities: answers.map((answer) =>
        classifier.classes.map(
          (each) => answer.find(({ className }) => className === each)?.probability,
        ),
      ),
    };
  }
  run(python(requirements), join(here, 'check_triton_folders.py'), triton);
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(cases));
  const check = join(here, 'check_tf_serving_folders.py');
  run(python(), check, tfServing, join(folder, 'cases.json'));

  const onTriton = await startTriton(triton);
  running.push(onTriton);
  console.log('Triton:');
  for (const [name, classifier] of classifiers) {
    await compare(onTriton, name, classifier, files);
    const { requests, calls: count } = await calls(onTriton, name);
    console.log(`  ${requests} pictures in ${count} calls`);
    assert.ok(name === 'map' ? count === requests : count < requests);
  }
  console.log('Ray Serve:');
  for (const [name, classifier] of classifiers) {
    const file = join(folder, `${name}.onnx`);
    await exportOnnx(classifier, file, { input: 'pixels' });
    const onRay = await startRay(file, name, '--max-batch', name === 'map' ? '1' : '8');
    running.push(onRay);
    await compare(onRay, name, classifier, files);
    await onRay.stop();
  }
} finally {
  for (const each of running) await each.stop();
  rmSync(folder, { recursive: true, force: true });
}
