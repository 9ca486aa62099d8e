import * as tf from '@tensorflow/tfjs';

/** What fills the pictures of each class. */
export const COLOURS = {
  blue: [30, 40, 200],
  green: [30, 190, 50],
  red: [210, 40, 30],
} as const;

export type Colour = keyof typeof COLOURS;

/** A picture of one colour with some noise. */
export const colouredPicture = (colour: Colour, seed = 1, size = 40): tf.Tensor3D =>
  tf.tidy(
    () =>
      tf
        .randomUniform<tf.Rank.R3>([size, size + 8, 3], -20, 20, 'float32', seed)
        .add<tf.Tensor3D>(tf.tensor1d([...COLOURS[colour]]))
        .clipByValue(0, 255) as tf.Tensor3D,
  );

/** Pictures of each colour, mixed; their tensors are the caller's to dispose. */
export const colouredPictures = (
  each: number,
  colours: readonly Colour[] = ['red', 'green', 'blue'],
): { readonly picture: tf.Tensor3D; readonly label: Colour }[] =>
  Array.from({ length: each * colours.length }, (_, i) => {
    const label = colours[i % colours.length]!;
    return { picture: colouredPicture(label, i + 1), label };
  });
