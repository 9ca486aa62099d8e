import * as tf from '@tensorflow/tfjs';

/** A model of the same layers, names and weights, with weights of its own. */
export async function copyModel(model: tf.LayersModel): Promise<tf.LayersModel> {
  let artifacts: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler((saved) => {
      artifacts = saved;
      return Promise.resolve({
        modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' as const },
      });
    }),
  );
  return tf.loadLayersModel({ load: () => Promise.resolve(artifacts) });
}
