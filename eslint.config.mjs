import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['.cache', '.scratch', 'dist', 'docs/api', 'coverage', '**/resnet-mini-weights.*'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    // A test that finds nothing there fails, which is all that it should do.
    files: ['test/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // Loops over typed arrays, within their length: a default for each element would hide a wrong index.
    files: [
      ...['src/train/linear/**', 'src/classifier/familiarity/**', 'src/pictures/view-pixels.ts'],
      'src/weights/formats/half.ts',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // The quick tests start no other program: see jest.config.mjs.
    files: ['test/**/*.test.ts'],
    ignores: ['test/**/*.{slow,native,python}.test.ts', 'test/backends/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            'node:child_process',
            'node:worker_threads',
            'playwright-core',
            '**/browser/chromium',
            '**/setup/child',
          ],
        },
      ],
    },
  },
  {
    files: ['src/**'],
    rules: {
      'no-console': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  {
    // The core runs in browsers.
    files: ['src/**'],
    ignores: ['src/cli/**', 'src/node/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['node:*', 'commander'] }] },
  },
  {
    // What `resnet-heads/plan` is made of must load where TensorFlow.js isn't installed.
    files: [
      'src/plan.ts',
      'src/errors.ts',
      'src/numbers.ts',
      'src/analyze/**',
      'src/report/**',
      'src/base/{architecture,options}.ts',
      'src/head/**',
      'src/layers/cost/**',
      'src/layers/{factory,initial-weights,trace}.ts',
    ],
    rules: {
      'no-restricted-imports': ['error', { patterns: ['node:*', 'commander', '@tensorflow/*'] }],
    },
  },
  {
    // Plain JavaScript, checked by `tsc --checkJs`, which doesn't know what JSON holds.
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        performance: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        globalThis: 'readonly',
        require: 'readonly',
        module: 'writable',
      },
    },
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowAny: true, allowNullish: true },
      ],
    },
  },
  prettier,
);
