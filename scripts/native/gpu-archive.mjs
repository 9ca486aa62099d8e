/**
 * Packs all that `npm run test:gpu` needs into one archive, for a linux-x64 machine that has a GPU and its driver but no
 * network: Node, the bundled tests, and the native packages.
 *
 *     node scripts/native/gpu-archive.mjs [--out gpu-test.tar.xz]
 *     tar xf gpu-test.tar.xz && gpu-test/run.sh [--without-gpu] [--json]     there
 *
 * tfjs-node-gpu isn't in it: its library alone is 1.2 GB.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

/** What most mailers' and issue trackers' limits let through. */
const LIMIT_MB = 60;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Of each package, what it needs on linux-x64. */
const NATIVE = {
  'onnxruntime-node': ['package.json', 'dist', 'bin/napi-v6/linux/x64'],
  'onnxruntime-common': ['package.json', 'dist/cjs'],
  webgpu: ['package.json', 'index.js', 'dist/linux-x64'],
  sharp: ['package.json', 'lib', 'dist'],
  '@img/sharp-linux-x64': ['package.json', 'index.cjs', 'lib'],
  '@img/sharp-libvips-linux-x64': ['package.json', 'lib', 'versions.json'],
  '@img/colour': ['.'],
  'detect-libc': ['package.json', 'lib'],
  semver: ['.'],
};

const RUN = `#!/bin/sh
# Runs a ResNet-50 on this machine's GPU; see docs/backends.md of resnet-heads.
cd "$(dirname "$0")"
exec ./node run.js "$@"
`;

/** @param {string} name */
function folderOf(name) {
  for (let folder = root; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (fs.existsSync(join(place, 'package.json'))) return place;
    if (folder === dirname(folder)) throw new Error(`${name} is not installed: run npm ci first`);
  }
}

/** @param {string} to */
async function bundle(to) {
  await build({
    entryPoints: { run: join(root, 'test/gpu/run.ts'), worker: join(root, 'test/gpu/worker.ts') },
    outdir: to,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    keepNames: true,
    external: [...Object.keys(NATIVE), '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'],
    // CommonJS in a module has no require of its own.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    alias: { 'resnet-heads': join(root, 'src/node.ts') },
    logLevel: 'error',
  });
}

async function main() {
  const { values } = parseArgs({ options: { out: { type: 'string' } } });
  const out = resolve(values.out ?? 'gpu-test.tar.xz');
  const temp = fs.mkdtempSync(join(tmpdir(), 'resnet-heads-gpu-archive-'));
  const folder = join(temp, 'gpu-test');
  try {
    await bundle(folder);
    for (const [name, parts] of Object.entries(NATIVE)) {
      for (const part of parts) {
        const from = join(folderOf(name), part);
        if (!fs.existsSync(from)) continue;
        fs.cpSync(from, join(folder, 'node_modules', name, part), { recursive: true });
      }
    }
    fs.cpSync(join(root, 'test/goldens/weights'), join(folder, 'test/goldens/weights'), {
      recursive: true,
    });
    fs.copyFileSync(process.execPath, join(folder, 'node'));
    execFileSync('strip', [join(folder, 'node')]);
    fs.writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
    fs.writeFileSync(join(folder, 'run.sh'), RUN, { mode: 0o755 });
    execFileSync('tar', ['-C', temp, '-cJf', out, 'gpu-test'], {
      env: { ...process.env, XZ_OPT: '-6 -T2' },
    });
    const megabytes = fs.statSync(out).size / 1e6;
    console.log(`${out}: ${megabytes.toFixed(1)} MB`);
    if (megabytes > LIMIT_MB) throw new Error(`expected at most ${LIMIT_MB} MB`);
  } finally {
    fs.rmSync(temp, { recursive: true, force: true });
  }
}

await main();
