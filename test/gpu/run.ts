/**
 * Runs a ResNet-50 on this machine's GPU by every way that the package has, holds each to a reference on the CPU, and times them.
 *
 *     npm run test:gpu [-- --without-gpu] [--json]
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { findGpus } from '../../scripts/native/gpus.mjs';
import { examine } from './examine';
import { draw, passed } from './report';
import { SUBJECTS } from './subjects';

/** So that a CI job can tell that nothing was run from what failed, which is 1. */
const NO_GPU_EXIT = 3;

interface Options {
  readonly withoutGpu?: boolean;
  readonly json?: boolean;
}

/** @returns why tfjs-node-gpu can't be had; nothing where it can */
function setUp(): string | undefined {
  const script = fileURLToPath(new URL('../../scripts/native/setup.mjs', import.meta.url));
  if (!existsSync(script)) return 'tfjs-node-gpu is not in the archive';
  // Its output goes with the progress, so that what is printed is the report alone.
  const { status } = spawnSync(process.execPath, [script, '--gpu'], { stdio: ['ignore', 2, 2] });
  return status === 0 ? undefined : 'tfjs-node-gpu could not be set up';
}

function missing(withoutGpu: boolean): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  const noTfjsNodeGpu = withoutGpu ? 'not asked for without a GPU' : setUp();
  for (const { name, backend, engine } of SUBJECTS) {
    if (backend === 'tfjs-node-gpu' && noTfjsNodeGpu !== undefined)
      reasons.set(name, noTfjsNodeGpu);
    if (engine === 'onnxruntime-cuda' && withoutGpu)
      reasons.set(name, 'not asked for without a GPU');
  }
  return reasons;
}

const program = new Command('npm run test:gpu --')
  .description(
    'Runs a ResNet-50 on this machine’s GPU by every way that the package has, holds each to a reference on the CPU, and times them.',
  )
  .option(
    '--without-gpu',
    'a small run on the Vulkan driver that there is, such as SwiftShader, and on the CPU',
  )
  .option('--json', 'the report as JSON')
  .action(async ({ withoutGpu = false, json = false }: Options) => {
    const gpus = withoutGpu ? [] : findGpus();
    if (gpus.length === 0 && !withoutGpu) {
      console.error(
        'test:gpu: no NVIDIA GPU was found (nvidia-smi -L, /dev/nvidia*), so nothing was run; --without-gpu does a small run on the Vulkan driver that there is',
      );
      process.exitCode = NO_GPU_EXIT;
      return;
    }
    const scale = withoutGpu ? 'small' : 'full';
    const report = await examine({ gpus, scale, missing: missing(withoutGpu) });
    console.log(json ? JSON.stringify(report, null, 2) : draw(report));
    if (!passed(report)) process.exitCode = 1;
  });

await program.parseAsync().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
