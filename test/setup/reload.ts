import * as tf from '@tensorflow/tfjs';

/** Saves a model and loads it again, its description having gone through JSON as on a disk. */
export async function reload(model: tf.LayersModel): Promise<tf.LayersModel> {
  let json = '';
  let weights: tf.io.WeightData | undefined;
  await model.save(
    tf.io.withSaveHandler(({ weightData, ...rest }) => {
      weights = weightData;
      json = JSON.stringify(rest);
      return Promise.resolve({
        modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' },
      });
    }),
  );
  const artifacts = { ...(JSON.parse(json) as tf.io.ModelArtifacts), weightData: weights! };
  return tf.loadLayersModel(tf.io.fromMemory(artifacts));
}
