import { Command, Option } from 'commander';
import { type Format, FORMATS } from '../report/format/index.js';
import { ArgumentError } from '../errors.js';
import type { BackendName, OtherEngine } from '../node/doctor/facts.js';
import type { News } from '../node/doctor/check.js';
import { chosenFormat } from './options.js';
import { putText } from './output.js';
import { showBackend } from './progress.js';
import type { Terminal } from './terminal.js';

interface DoctorFlags {
  readonly format?: Format;
  readonly out?: string;
  readonly backend?: BackendName;
  readonly engine?: OtherEngine;
}

/** A problem of this machine, found by `doctor`. */
class DoctorError extends Error {
  override readonly name = 'DoctorError';
}

const HELP = `
Each backend and each engine is tested in a process of its own, for a few seconds.
The exit code is 1 if no backend passes, or if TensorFlow.js is installed twice.

Examples:
  $ resnet-heads doctor
  $ resnet-heads doctor --out report.md           a report to attach to an issue
  $ resnet-heads doctor --format json | jq -r .best
`;

/** Checks one backend or one engine and sends the result to the parent process. */
async function beChild({ backend, engine }: DoctorFlags): Promise<void> {
  const { checkBackend, checkEngine } = await import('../node/doctor/check.js');
  const tell = (news: News) => process.send?.(news);
  if (backend !== undefined) await checkBackend(backend, tell);
  if (engine !== undefined) await checkEngine(engine, tell);
}

async function doctor(terminal: Terminal, flags: DoctorFlags): Promise<void> {
  const { out, columns, script } = terminal;
  const as = chosenFormat(flags);
  if (as === 'svg') throw new ArgumentError('--out: expected text, .md or .json, got an .svg');
  if (script === undefined) throw new Error('doctor: expected a script to run backends in');
  const [{ examine }, { diagnose }, { formatCheckup }] = await Promise.all([
    import('../node/doctor/examine.js'),
    import('../node/doctor/diagnose.js'),
    import('../node/doctor/format.js'),
  ]);
  const shown = showBackend(terminal);
  const facts = await examine({
    child: { path: script, args: ['doctor'] },
    folder: process.cwd(),
    onTrial: shown.update,
  }).finally(shown.stop);
  const checkup = diagnose(facts);
  const width = flags.out === undefined ? columns : undefined;
  await putText(out, formatCheckup(checkup, as, width), flags.out);
  if (!checkup.healthy) {
    const passed = checkup.backends.filter(({ state }) => state === 'passed').length;
    const copies = checkup.copies.filter(({ name }) => name === '@tensorflow/tfjs-core').length;
    throw new DoctorError(
      `doctor: expected a backend that passes and one copy of TensorFlow.js, got ${passed} that pass and ${copies} copies; the report says what to do`,
    );
  }
}

/** `resnet-heads doctor`. */
export function doctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .summary('check which backends and engines work on this machine')
    .description(
      'Checks this machine and the installed packages, tests each backend of TensorFlow.js and each ' +
        'engine, and reports which are the fastest, what is wrong, and how to fix it.',
    )
    .addOption(
      new Option(
        '--format <name>',
        'output format (default: by the extension of --out, or text)',
      ).choices(FORMATS),
    )
    .option('--out <file>', 'write to a file instead of standard output')
    .addOption(new Option('--backend <name>', 'check one, for the parent process').hideHelp())
    .addOption(new Option('--engine <name>', 'likewise').hideHelp())
    .addHelpText('after', HELP)
    .action((flags: DoctorFlags) =>
      flags.backend === undefined && flags.engine === undefined
        ? doctor(terminal, flags)
        : beChild(flags),
    );
}
