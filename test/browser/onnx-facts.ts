/** What Node answers to the picture `colouredPicture('red', SEED)`. */
export interface OnnxAnswers {
  /** In the order of the classes. */
  readonly probabilities: readonly number[];
  /** Of the class red. */
  readonly map: readonly number[];
}

export const SEED = 99;
/** A folder of the page: a classifier on an ONNX backbone. */
export const CLASSIFIER = 'classifier-onnx';
/** A file of the page: its answers. */
export const ANSWERS = 'onnx-answers.json';
