/** What the fixtures report where all is well. */
export const expected = (backend: 'cpu' | 'tensorflow', weights: string) => ({
  backend,
  oneEngine: true,
  instance: true,
  shape: [1, 3],
  sumsToOne: true,
  planned: true,
  loaded: true,
  // Of a shallower ResNet: what refuses it has come through the zip and the HDF5 reader.
  refused:
    `WeightsError: ${weights}: expected all weights of the model, got none for conv2_block2_1_conv/kernel, ` +
    'conv2_block2_1_conv/bias, conv2_block2_1_bn/gamma and 213 more (216 of 320); load one part with ' +
    "scope: 'base' or 'head', or build the model that the file was saved from",
  evaluated: 1,
});

/** `planResnet({ head: 'pooled', numClasses: 10 }).totals.params`, then of the other heads: Keras's, by the README. */
export const PARAMS = [23_608_202, 126_359_434, 25_696_138] as const;
