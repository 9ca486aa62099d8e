/**
 * Loads the damaged files of the numbers that it is sent, one after the other, and answers what each took. Linux only: the
 * kernel keeps the peak of the memory in use, and starts it anew when it is asked to.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadWeights } from 'resnet-heads';
import { damagedFile } from '../../test/setup/damaged-files';
import { miniClassifier } from '../../test/setup/mini-resnet';

/** What reading one file took. */
export interface Cost {
  readonly number: number;
  readonly name: string;
  readonly fileBytes: number;
  /** Of this process in all its threads; on a busy machine less than the wall clock says. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** The peak of the process's memory above what it was before, with the file in it. */
  readonly memoryBytes: number;
  /** Nothing where it was loaded. */
  readonly error?: { readonly name: string; readonly message: string };
}

const KILOBYTE = 1024;
/** Makes the kernel forget the peak (proc(5), clear_refs). */
const FORGET_PEAK = '5';

function memory(field: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes = ''] =
    new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8')) ??
    [];
  return Number(kilobytes) * KILOBYTE;
}

const models = { v1: miniClassifier('v1', 10, 1), 'v1.5': miniClassifier('v1.5', 10, 1) };

async function measure(number: number): Promise<Cost> {
  const { name, bytes } = damagedFile(number);
  const model = models[name.startsWith('torch') ? 'v1.5' : 'v1'];
  // What was garbage before would be room for what comes.
  globalThis.gc?.();
  writeFileSync('/proc/self/clear_refs', FORGET_PEAK);
  const [before, cpu, begin] = [memory('VmRSS'), process.cpuUsage(), performance.now()];
  let error: Error | undefined;
  try {
    await loadWeights(model, bytes);
  } catch (thrown) {
    error = thrown as Error;
  }
  const wallMs = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  return {
    number,
    name,
    fileBytes: bytes.length,
    cpuMs: (user + system) / 1000,
    wallMs,
    memoryBytes: memory('VmHWM') - before,
    ...(error && { error: { name: error.name, message: error.message } }),
  };
}

process.on('message', (number: number) => {
  void measure(number).then((cost) => process.send?.(cost));
});
process.send?.('ready');
