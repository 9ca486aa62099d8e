import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, once } from './command.js';
import { type Consumers, copyFixture, install, installedVersion } from './consumers.js';
import type { Finding, Row } from './rows.js';

const VERSIONS = ['5.9', '6.0', '7.0'] as const;

interface Resolution {
  readonly name: 'nodenext' | 'bundler' | 'node10';
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  readonly extensions: readonly string[];
}

const RESOLUTIONS: readonly Resolution[] = [
  { name: 'nodenext', compilerOptions: { module: 'nodenext' }, extensions: ['mts', 'cts'] },
  {
    name: 'bundler',
    compilerOptions: { module: 'esnext', moduleResolution: 'bundler' },
    extensions: ['ts'],
  },
  {
    name: 'node10',
    compilerOptions: { module: 'commonjs', moduleResolution: 'node10' },
    extensions: ['ts'],
  },
];

const SHARED = {
  strict: true,
  // TensorFlow.js's own types need it.
  skipLibCheck: true,
  target: 'es2022',
  types: ['node'],
  noEmit: true,
};

/** Compiles the fixture in a folder that has the package, with a compiler that lies elsewhere. */
async function compiles(
  compiler: string,
  consumer: string,
  version: (typeof VERSIONS)[number],
  { name, compilerOptions, extensions }: Resolution,
): Promise<Finding> {
  const file = `tsconfig.${version}.${name}.json`;
  const include = extensions.map((extension) => `types.${name}.${extension}`);
  for (const fixture of include) copyFixture('types', join(consumer, fixture));
  const silenced = name === 'node10' && version === '6.0' ? { ignoreDeprecations: '6.0' } : {};
  const config = { compilerOptions: { ...SHARED, ...compilerOptions, ...silenced }, include };
  writeFileSync(join(consumer, file), JSON.stringify(config));

  const tsc = join(compiler, 'node_modules', '.bin', 'tsc');
  const { code, stdout, stderr } = await attempt(tsc, ['-p', file], { cwd: consumer });
  const full = installedVersion(compiler, 'typescript');
  if (name === 'node10' && version === '7.0') {
    assert.match(stdout, /moduleResolution=node10.*has been removed/);
    return { version: full, outcome: 'not in TypeScript 7' };
  }
  assert.equal(code, 0, `tsc ended with ${code}\n${stdout}${stderr}`);
  return { version: full };
}

/** Each TypeScript finds the types of every entry, in each way that it looks for them. */
export function typescriptRows(consumers: Consumers): Row[] {
  const { tensorflow } = consumers;
  return VERSIONS.flatMap((version) => {
    const compiler = once(() =>
      install(consumers.at(`typescript-${version}`), `typescript@${version}`),
    );
    return RESOLUTIONS.map((resolution) => ({
      name: `TypeScript ${version}: ${resolution.name}`,
      needs: [compiler, tensorflow],
      check: async () => compiles(await compiler(), await tensorflow(), version, resolution),
    }));
  });
}
