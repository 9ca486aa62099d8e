/**
 * Writes models as TensorFlow.js saves them, without their weights, and what they answer with the weights that
 * test/setup/draw.ts draws: what scripts/parity/check_topologies.py holds Keras to.
 *
 *     tsx scripts/parity/write-topologies.ts DIR
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-node';
import {
  buildDenseResnet,
  buildFlattenedResnet,
  buildPooledResnet,
  foldBatchNorm,
} from 'resnet-heads';
import { drawImage, drawWeights } from '../../test/setup/draw.js';

const SHAPE = { numClasses: 10, inputShape: [64, 64, 3] } as const;

async function topologyOf(model: tf.LayersModel): Promise<unknown> {
  let topology: unknown;
  const handler = tf.io.withSaveHandler(({ modelTopology }) => {
    topology = modelTopology;
    const dateSaved = new Date();
    return Promise.resolve({ modelArtifactsInfo: { dateSaved, modelTopologyType: 'JSON' } });
  });
  await model.save(handler);
  return topology;
}

async function describe(name: string, model: tf.LayersModel) {
  const topology = await topologyOf(model);
  drawWeights(model);
  const image = drawImage(SHAPE.inputShape);
  const output = model.predict(image) as tf.Tensor;
  const answer = Array.from(await output.data());
  tf.dispose([image, output]);
  return { name, topology, params: model.countParams(), answer };
}

// A softmax would hide how large a network without BatchNorm makes such weights' answers.
const activation = 'linear';
const pooled = buildPooledResnet({ ...SHAPE, activation, variant: 'v1.5', seed: 1 });
const { model: folded } = await foldBatchNorm(pooled);
const cases = [
  await describe('pooled, v1.5, random', pooled),
  await describe('the same, folded', folded),
  await describe('flattened, pending', buildFlattenedResnet({ ...SHAPE, weights: 'pending' })),
  await describe('dense, random', buildDenseResnet(SHAPE)),
];
writeFileSync(join(process.argv[2] ?? '.', 'topologies.json'), JSON.stringify(cases));
