// TensorFlow's greeting on standard error says nothing that a test run needs.
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';

/**
 * Everything that needs no backend runs once. What needs one lies in test/backends and runs on each of
 * them: on plain JavaScript, on WebAssembly, and on TensorFlow's own library through tfjs-node.
 */
const shared = {
  testEnvironment: '<rootDir>/test/setup/tfjs-environment.cjs',
  transform: {
    '\\.(ts|js)$': ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }],
  },
  // Published as ESM only.
  transformIgnorePatterns: ['/node_modules/(?!(markdown-table|pure-rand|fast-check)/)'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^resnet-heads$': '<rootDir>/src/node.ts',
    '^resnet-heads/plan$': '<rootDir>/src/plan.ts',
  },
};

/** @param {string} name */
const backend = (name) => ({
  ...shared,
  displayName: name,
  roots: ['<rootDir>/test/backends'],
  setupFilesAfterEnv: [`<rootDir>/test/setup/${name}.ts`, '<rootDir>/test/setup/matchers.ts'],
});

export default {
  // The native library and a ResNet's weights: two workers' worth of memory is what a small machine has.
  maxWorkers: 2,
  testTimeout: 120_000,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      roots: ['<rootDir>/test'],
      testPathIgnorePatterns: ['<rootDir>/test/backends/'],
      setupFilesAfterEnv: ['<rootDir>/test/setup/cpu.ts', '<rootDir>/test/setup/matchers.ts'],
    },
    backend('cpu'),
    backend('wasm'),
    backend('tensorflow'),
  ],
};
