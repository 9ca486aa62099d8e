import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extractFeatures, loadBackbone, pooledHead, resnet } from 'resnet-heads';
import { modelFiles } from '../../src/train/saved/write-model.js';
import { drawPictures } from './pictures.js';
import { CLASSES, type Preparation } from './work.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Six a shard. */
export const PICTURES = 384;
export const SHARDS = 64;
export const PROCESSES = [1, 2, 4] as const;

const picturesIn = (folder: string) => join(folder, 'shards', 'pictures');
const backboneIn = (folder: string) => join(folder, 'shards', 'backbone');

/** Runs a program to its end. */
const run = (program: string, ...args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ${args.join(' ')}: exit code ${code}: ${said}`));
    });
  });

async function write(folder: string): Promise<void> {
  await run('npm', 'run', 'build');
  await drawPictures(picturesIn(folder), PICTURES);
  mkdirSync(backboneIn(folder), { recursive: true });
  const model = resnet({ seed: 1 });
  for (const [name, bytes] of Object.entries(await modelFiles(model))) {
    writeFileSync(join(backboneIn(folder), name), bytes);
  }
  model.dispose();
}

/** The shard of each process, and its cores, which no other has as long as there are enough. */
function sharesOf(processes: number): readonly (readonly [share: string[], cores: string])[] {
  const all = availableParallelism();
  const own = Math.max(1, Math.floor(all / processes));
  return Array.from({ length: processes }, (_, i) => {
    const cores = Array.from({ length: own }, (__, j) => (i * own + j) % all);
    return [['--shard', `${i}/${processes}`], cores.join()] as const;
  });
}

/** The command, in processes that each compute a shard. */
async function commands(
  folder: string,
  shares: readonly (readonly [share: readonly string[], cores: string])[],
): Promise<void> {
  const out = mkdtempSync(join(folder, 'out-'));
  const model = join(backboneIn(folder), 'model.json');
  const named = ['extract', picturesIn(folder), '--out', out, '--backbone', model];
  const args = [process.execPath, 'dist/cli.js', ...named, '--preprocessing', 'caffe'];
  await Promise.all(shares.map(([share, cores]) => run('taskset', '-c', cores, ...args, ...share)));
  rmSync(out, { recursive: true });
}

const allCores = Array.from({ length: availableParallelism() }, (_, i) => i).join();

export const shards: Readonly<Record<string, Preparation>> = {
  'shards/write': async (folder) => {
    await write(folder);
    return () => undefined;
  },
  'shards/memory': async (folder) => {
    const backbone = await loadBackbone(resnet({ seed: 1 }), { preprocessing: 'caffe' });
    const head = pooledHead({ numClasses: CLASSES });
    return async () => {
      const { values } = await extractFeatures(backbone, picturesIn(folder), { head });
      values.dispose();
    };
  },
  ...Object.fromEntries(
    [1, SHARDS].map((count): [string, Preparation] => [
      `shards/${count}`,
      (folder) => () => commands(folder, [[['--shards', String(count)], allCores]]),
    ]),
  ),
  ...Object.fromEntries(
    PROCESSES.map((count): [string, Preparation] => [
      `shards/processes/${count}`,
      (folder) => () => commands(folder, sharesOf(count)),
    ]),
  ),
};
