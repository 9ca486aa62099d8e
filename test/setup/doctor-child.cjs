/**
 * Stands in for the process that checks a backend; its first argument says how it does, and `doctor`, which the
 * command line gives it, that it passes.
 */
const [, , how, ...rest] = process.argv;

const loaded = { tensorflow: null, usesGpu: null, simd: null, threads: null };
const measured = {
  scores: [0.5, -0.25],
  loss: 0.7,
  forward: { inputSize: 32, medianMs: 1, runs: 1 },
};
/** @param {object} news */
const tell = (news) => process.send?.(news);
const wait = () => setTimeout(() => undefined, 60_000);

switch (how) {
  case 'doctor':
  case 'pass':
    console.log('noise that nobody asked for');
    console.error("Could not load dynamic library 'libcudart.so.11.0'; dlerror: no such file");
    tell({ loaded });
    tell({ measured: { ...measured, args: rest } });
    wait();
    break;
  case 'refuse':
    tell({ error: 'it will not load' });
    wait();
    break;
  case 'differ':
    tell({ loaded });
    tell({ measured: { ...measured, loss: NaN } });
    break;
  case 'crash':
    tell({ loaded });
    console.error('a line\n\nundefined symbol: TF_NewStatus');
    setTimeout(() => process.kill(process.pid, 'SIGSEGV'), 100);
    break;
  case 'end':
    process.exitCode = 7;
    break;
  default:
    wait();
}
