import { copyFileSync, mkdirSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

const WEIGHTS = 'resnet-mini-weights.cjs';

/** One file with resnet-mini's weights, which both module formats load on demand. */
const weights: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'resnet-mini-weights',
  setup(build) {
    build.onResolve({ filter: /resnet-mini-weights\.cjs$/ }, () => ({
      path: `./${WEIGHTS}`,
      external: true,
    }));
    build.onEnd(() => {
      mkdirSync('dist', { recursive: true });
      copyFileSync(`src/backbone/${WEIGHTS}`, `dist/${WEIGHTS}`);
    });
  },
};

const shared = {
  target: 'node20',
  // One copy of a module that several entries import.
  splitting: true,
  removeNodeProtocol: false,
  // Its maps of CommonJS hold absolute paths, and the code is readable without: it isn't minified.
  sourcemap: false,
  esbuildPlugins: [weights],
} satisfies Options;

const library = { index: 'src/index.ts', plan: 'src/plan.ts', node: 'src/node.ts' };
const external = ['@tensorflow/tfjs'];

// tsup sets `baseUrl`, which TypeScript 6 deprecates. Examples and tests import the package by name
// through `paths`; the package itself must not.
const compilerOptions = { ignoreDeprecations: '6.0', paths: {} };

export default defineConfig([
  // The command line shares the library's files.
  {
    ...shared,
    entry: { ...library, cli: 'src/cli/main.ts' },
    format: ['esm'],
    external,
    dts: false,
  },
  { ...shared, entry: library, format: ['cjs'], external, dts: false },
  {
    ...shared,
    entry: library,
    format: ['esm', 'cjs'],
    external,
    dts: { only: true, compilerOptions },
  },
]);
