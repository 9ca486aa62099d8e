import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type Backbone, loadBackbone } from 'resnet-heads';

/** Pixels a side: a map of 4 × 4, on which a flattened head with 1,024 hidden units has 16.8 million weights. */
export const SIDE = 128;

/** The parts of a model's JSON that are read or changed. */
interface Topology {
  readonly modelTopology: {
    readonly config: {
      readonly layers: readonly { readonly config: { batch_input_shape?: (number | null)[] } }[];
    };
  };
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly tf.io.WeightsManifestEntry[];
  }[];
}

/** A MobileNet v1 that was saved by TensorFlow.js, for pictures of another size. */
export async function mobilenet(folder: string, side = SIDE): Promise<Backbone> {
  const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as Topology;
  const { modelTopology, weightsManifest } = json;
  const [input] = modelTopology.config.layers;
  if (input) input.config.batch_input_shape = [null, side, side, 3];
  const paths = weightsManifest.flatMap((group) => group.paths);
  const bytes = Buffer.concat(await Promise.all(paths.map((path) => readFile(join(folder, path)))));
  const model = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology,
      weightSpecs: weightsManifest.flatMap((group) => [...group.weights]),
      weightData: new Uint8Array(bytes).buffer,
    }),
  );
  return loadBackbone(model, { preprocessing: 'tf' });
}
