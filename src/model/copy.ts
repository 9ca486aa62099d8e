import * as tf from '@tensorflow/tfjs';

/** Copies a model with its layers, names and weights; nothing is shared. */
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
