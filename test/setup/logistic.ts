import golden from '../goldens/logistic.json';
import { draw } from './draw';

export { default as golden } from '../goldens/logistic.json';

const LARGEST_SIZE = 4;

/** The features of scripts/goldens/logistic_goldens.py, row by row, and their classes. */
export function logisticFeatures(): { readonly x: Float32Array; readonly labels: Int32Array } {
  const { rows, features, classes, constant } = golden;
  const noise = draw('features', rows * features, 0, 1);
  const centres = draw('centres', classes * features, 0, 0.6);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const x = noise.map((value, i) => {
    const [row, feature] = [Math.floor(i / features), i % features];
    if (feature === constant) return 7;
    const size = 10 ** ((LARGEST_SIZE * feature) / (features - 1));
    return (value + centres[labels[row]! * features + feature]!) * size;
  });
  return { x, labels };
}
