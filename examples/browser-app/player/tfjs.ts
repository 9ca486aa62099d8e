/** What the page needs of `@tensorflow/tfjs`: not the backends in JavaScript and WebGL, nor the readers of graph models and data sets. */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import { version_core } from '@tensorflow/tfjs-core';

export * from '@tensorflow/tfjs-core';
export * from '@tensorflow/tfjs-layers';
export const version = { tfjs: version_core };
/** No model is one here; what is passed in its place is checked against it. */
export class GraphModel {
  readonly kind = 'graph';
}
