/**
 * Holds tfjs-node-gpu against the conformance cases and against a CPU, and times both.
 *
 *     npm run test:gpu [-- --without-gpu] [--json]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { findGpus } from '../../scripts/native/gpus.mjs';
import { examine } from './examine';
import { draw, passed } from './report';

/** So that a CI job can tell that nothing was run from what failed, which is 1. */
const NO_GPU_EXIT = 3;

interface Options {
  readonly withoutGpu?: boolean;
  readonly json?: boolean;
}

/** Its output goes with the progress, so that what is printed is the report alone. */
function setUp(): void {
  const script = fileURLToPath(new URL('../../scripts/setup-native.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [script, '--gpu'], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('@tensorflow/tfjs-node-gpu could not be set up');
}

const program = new Command('npm run test:gpu --')
  .description(
    'Holds tfjs-node-gpu against the conformance cases and against a CPU, and times both.',
  )
  .option('--without-gpu', 'what can be done without one: all but the comparison, on the CPU')
  .option('--json', 'the report as JSON')
  .action(async ({ withoutGpu = false, json = false }: Options) => {
    const gpus = withoutGpu ? [] : findGpus();
    if (gpus.length === 0 && !withoutGpu) {
      console.error(
        'test:gpu: no NVIDIA GPU was found (nvidia-smi -L, /dev/nvidia*), so that nothing was run; `npm run test:gpu -- --without-gpu` sets up the same library, and runs the cases and the timing on its CPU',
      );
      process.exitCode = NO_GPU_EXIT;
      return;
    }
    setUp();
    const report = await examine(gpus);
    console.log(json ? JSON.stringify(report, null, 2) : draw(report));
    if (!passed(report)) process.exitCode = 1;
  });

await program.parseAsync().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
