import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { ArgumentError } from '../errors.js';
import { printableLines } from '../printable.js';
import { compareCommand } from './compare.js';
import { classifyCommand } from './classify.js';
import { doctorCommand } from './doctor.js';
import { evaluateCommand } from './evaluate.js';
import { explainCommand } from './explain.js';
import { EXIT, explainExit } from './exit.js';
import { extractCommand } from './extract.js';
import { exportCommand } from './export.js';
import { inspectCommand } from './inspect.js';
import { requireOutput } from './output.js';
import { reviewCommand } from './review.js';
import { type Streams, terminalOf } from './terminal.js';
import { trainCommand } from './train.js';
import { weightsCommand } from './weights.js';

const EXIT_HELP = `
Exit codes:
  0    success
  1    a problem with a file, a host, a package or this machine
  2    wrong arguments
  3    a bug in resnet-heads; DEBUG=resnet-heads shows the stack trace
  130  interrupted (Ctrl-C); what was saved before that is kept

An error is one line on standard error.
`;

const withSubcommands = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
];

/** Builds the `resnet-heads` program with all its commands. */
export function commandLine(streams: Streams): Command {
  const terminal = terminalOf(streams);
  const program = new Command('resnet-heads')
    .description(
      'Classification heads on a ResNet: compare their costs, train classifiers on pictures, and manage pretrained weights.',
    )
    .version(version)
    .addCommand(compareCommand(terminal))
    .addCommand(inspectCommand(terminal))
    .addCommand(trainCommand(terminal))
    .addCommand(extractCommand(terminal))
    .addCommand(reviewCommand(terminal))
    .addCommand(evaluateCommand(terminal))
    .addCommand(classifyCommand(terminal))
    .addCommand(explainCommand(terminal))
    .addCommand(exportCommand(terminal))
    .addCommand(weightsCommand(terminal))
    .addCommand(doctorCommand(terminal))
    .hook('preAction', (_, command) => requireOutput(command))
    .addHelpText('after', EXIT_HELP);
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: terminal.out,
      // The help, which has several lines, when no command is given.
      writeErr: (text) => {
        streams.err(printableLines(text));
      },
      outputError: terminal.err,
    });
  }
  return program;
}

/**
 * Runs a command line and returns its exit code, one of {@link EXIT}. Errors are printed as one line on standard error.
 *
 * @param args the arguments, without the interpreter and the script
 */
export async function run(args: readonly string[], streams: Streams): Promise<number> {
  const program = commandLine({ ...streams, args });
  let running = program;
  program.hook('preAction', (_, command) => {
    running = command;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // Commander has already printed its error, or the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return tellError(inTermsOf(running, error), streams);
  }
}

/** The library's options that have another name on the command line. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  className: 'class',
  inputShape: 'input',
  output: 'backboneOutput',
  layout: 'backboneLayout',
  inputSize: 'input',
  numClasses: 'classes',
};

/** Advice of the library about the shape of one image, which is a size on the command line. */
const SHAPE_ADVICE = /pass the input shape without the batch: \{ inputShape: \[\d+, \d+, \d+\] \}$/;
const SIZE_ADVICE =
  'pass a size: 224, 320x240 (height x width) or 224x224x1 (height x width x channels)';

/** Renames the option that an error of the library is about: `batchSize: …` becomes `--batch-size: …`. */
function inTermsOf(command: Command, error: unknown): unknown {
  if (!(error instanceof ArgumentError)) return error;
  const [, subject = ''] = /^(\w+): /.exec(error.message) ?? [];
  // A path argument may have the same name as an option.
  const given: readonly unknown[] = [...command.args, ...Object.values<unknown>(command.opts())];
  if (given.includes(subject)) return error;
  const name = OTHER_NAMES[subject] ?? subject;
  const long = command.options.find((option) => option.attributeName() === name)?.long;
  if (long === undefined) return error;
  // Users see "none" for an option that they left out, not "undefined".
  const rest = error.message
    .slice(subject.length)
    .replace(', got undefined', ', got none')
    .replace(SHAPE_ADVICE, SIZE_ADVICE);
  return new ArgumentError(`${long}${rest}`, { cause: error });
}

/** Prints an error to standard error and returns the exit code. */
export function tellError(error: unknown, streams: Streams): number {
  const { code, text, stack } = explainExit(error);
  terminalOf(streams).err(`error: ${text}`);
  if (stack !== undefined) streams.err(printableLines(`${stack}\n`));
  return code;
}
