/**
 * One of tfjs-node's packages, and the Python wheel whose libraries it is built against.
 *
 * @typedef {object} Variant
 * @property {string} module npm's name of it
 * @property {string} wheel PyPI's name of the wheel
 * @property {string} version of the wheel
 * @property {number} megabytes of the wheel
 * @property {string} sha256 of the wheel for CPython 3.11 on x86_64, which this pins as a lockfile would
 * @property {readonly string[]} headers that tfjs-node's binding/ includes, and what those include in turn
 * @property {boolean} npmFirst whether npm's own install is tried before the wheel
 * @property {string} [cuda] the wheel's extra that lists the packages of NVIDIA's libraries
 */

const HEADERS = `c/c_api c/c_api_macros c/tf_attrtype c/tf_buffer c/tf_datatype c/tf_status
  c/tf_tensor c/tf_tstring c/eager/c_api core/platform/ctstring core/platform/ctstring_internal`
  .split(/\s+/)
  .map((name) => `tensorflow/${name}.h`);

/** @satisfies {Record<'cpu' | 'gpu', Variant>} */
export const VARIANTS = {
  cpu: {
    module: '@tensorflow/tfjs-node',
    // The smallest with libtensorflow_cc.so.2; those of 2.18.1 and 2.21.0 work too.
    wheel: 'tensorflow-cpu',
    version: '2.13.1',
    megabytes: 187,
    sha256: '87be6e61314b2c0fa062f71e26e41d6a17e162ffe4da72c820fe8f1fc94d97fe',
    headers: [
      ...HEADERS,
      'tensorflow/tsl/platform/ctstring.h',
      'tensorflow/tsl/platform/ctstring_internal.h',
      'tensorflow/tsl/c/tsl_status.h',
    ],
    npmFirst: true,
  },
  gpu: {
    module: '@tensorflow/tfjs-node-gpu',
    wheel: 'tensorflow',
    version: '2.21.0',
    megabytes: 572,
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    headers: [
      ...HEADERS,
      'tsl/platform/ctstring.h',
      'tsl/platform/ctstring_internal.h',
      'xla/tsl/c/tsl_status.h',
    ],
    // npm's brings TensorFlow 2.9.1, which loads, but sees a GPU only beside a CUDA 11 of the system's.
    npmFirst: false,
    cuda: 'and-cuda',
  },
};
