// TensorFlow's greeting on standard error says nothing that a test run needs.
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';

/**
 * A test's file name says what it needs, and so which project runs it:
 *
 * - `NAME.test.ts`: unit, the quick tests;
 * - `NAME.slow.test.ts`: slow, which takes more than three seconds on an idle core or starts other processes;
 * - `NAME.native.test.ts`: tensorflow, which needs tfjs-node's native library;
 * - `NAME.python.test.ts`: python, which needs Python 3.
 *
 * The tests in test/backends run in cpu, wasm and tensorflow, once per backend.
 */
const shared = {
  testEnvironment: '<rootDir>/test/setup/tfjs-environment.cjs',
  transform: {
    '\\.(ts|js)$': ['@swc/jest', { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }],
  },
  // Published as ESM only.
  transformIgnorePatterns: [
    '/node_modules/(?!(markdown-table|pure-rand|fast-check|hyparquet|hyparquet-writer)/)',
  ],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^resnet-heads$': '<rootDir>/src/node.ts',
    '^resnet-heads/plan$': '<rootDir>/src/plan.ts',
  },
};

const EACH_BACKEND = '/test/backends/[^/]+\\.test\\.ts$';

/**
 * @param {string} displayName
 * @param {string[]} testRegex
 * @param {string} [backend]
 */
const project = (displayName, testRegex, backend = 'cpu') => ({
  ...shared,
  displayName,
  roots: ['<rootDir>/test'],
  testRegex,
  setupFilesAfterEnv: [`<rootDir>/test/setup/${backend}.ts`, '<rootDir>/test/setup/matchers.ts'],
});

export default {
  // The native library and a ResNet's weights: two workers' worth of memory is what a small machine has.
  maxWorkers: 2,
  testTimeout: 120_000,
  projects: [
    {
      ...project('unit', ['/[^/.]+\\.test\\.ts$']),
      testPathIgnorePatterns: ['<rootDir>/test/backends/'],
    },
    project('slow', ['\\.slow\\.test\\.ts$']),
    project('python', ['\\.python\\.test\\.ts$']),
    project('cpu', [EACH_BACKEND]),
    project('wasm', [EACH_BACKEND], 'wasm'),
    project('tensorflow', [EACH_BACKEND, '\\.native\\.test\\.ts$'], 'tensorflow'),
  ],
};
