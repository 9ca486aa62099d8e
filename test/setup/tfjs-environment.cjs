const { TestEnvironment } = require('jest-environment-node');

/**
 * Jest gives tests a realm of their own, whose typed arrays are not those that the native modules and
 * Node's core make; `tf.tensor(new Float32Array(…))` then fails, and an int32 tensor read back under
 * tfjs-node turns into float32. Handing the outer constructors in makes them one.
 */
const SHARED = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Uint8Array',
  'Uint8ClampedArray',
  'Uint16Array',
  'Uint32Array',
  'Int8Array',
  'Int16Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];

module.exports = class TfjsEnvironment extends TestEnvironment {
  /** @override */
  async setup() {
    await super.setup();
    for (const name of SHARED) {
      Object.defineProperty(this.global, name, {
        value: Reflect.get(globalThis, name),
        writable: true,
      });
    }
  }
};
