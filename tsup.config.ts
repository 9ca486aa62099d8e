import { defineConfig, type Options } from 'tsup';

const shared: Options = {
  target: 'node20',
  // One copy of a module that several entries import.
  splitting: true,
  removeNodeProtocol: false,
  // Its maps of CommonJS hold absolute paths, and the code is readable without: it isn't minified.
  sourcemap: false,
  // tsup sets `baseUrl`, which TypeScript 6 deprecates. Examples and tests import the package by name
  // through `paths`; the package itself must not.
  dts: { compilerOptions: { ignoreDeprecations: '6.0', paths: {} } },
};

export default defineConfig([
  {
    ...shared,
    entry: { index: 'src/index.ts', plan: 'src/plan.ts', node: 'src/node.ts' },
    format: ['esm', 'cjs'],
    external: ['@tensorflow/tfjs'],
  },
  {
    ...shared,
    entry: { cli: 'src/cli/main.ts' },
    format: ['esm'],
    dts: false,
  },
]);
