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
import { exportCommand } from './export.js';
import { inspectCommand } from './inspect.js';
import { requireOutput } from './output.js';
import { type Streams, terminalOf } from './terminal.js';
import { trainCommand } from './train.js';
import { weightsCommand } from './weights.js';

const EXIT_HELP = `
Exit codes:
  0    done
  1    a file, a host, a package or this machine is not as it should be
  2    wrong arguments
  3    a fault of resnet-heads itself; DEBUG=resnet-heads shows where
  130  interrupted (Ctrl-C) before there was anything to keep

Errors are one line on standard error.
`;

const withSubcommands = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
];

/** The commands, as `resnet-heads` has them. */
export function commandLine(streams: Streams): Command {
  const terminal = terminalOf(streams);
  const program = new Command('resnet-heads')
    .description(
      'Classification heads on a ResNet: what they cost, their bases’ weights, and training them on pictures.',
    )
    .version(version)
    .addCommand(compareCommand(terminal))
    .addCommand(inspectCommand(terminal))
    .addCommand(trainCommand(terminal))
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
      // Help, where a command is missing: of several lines.
      writeErr: (text) => {
        streams.err(printableLines(text));
      },
      outputError: terminal.err,
    });
  }
  return program;
}

/**
 * Runs a command line and returns its exit code; see {@link EXIT}. Whatever goes wrong is told in one line on
 * standard error.
 *
 * @param args without the interpreter and the script
 */
export async function run(args: readonly string[], streams: Streams): Promise<number> {
  const program = commandLine(streams);
  let running = program;
  program.hook('preAction', (_, command) => {
    running = command;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // Commander has written its own line by now, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return tellError(inTermsOf(running, error), streams);
  }
}

/** What the library calls an option that the command line has under another name. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  className: 'class',
  inputShape: 'input',
  inputSize: 'input',
  numClasses: 'classes',
};

/** An error of the library about one of its options, told of the command's: `--batch-size: …` in place of `batchSize: …`. */
function inTermsOf(command: Command, error: unknown): unknown {
  if (!(error instanceof ArgumentError)) return error;
  const [, subject = ''] = /^(\w+): /.exec(error.message) ?? [];
  // A path that was named may be called like an option.
  const given: readonly unknown[] = [...command.args, ...Object.values<unknown>(command.opts())];
  if (given.includes(subject)) return error;
  const name = OTHER_NAMES[subject] ?? subject;
  const long = command.options.find((option) => option.attributeName() === name)?.long;
  if (long === undefined) return error;
  // An option that was left out is none, not `undefined`.
  const rest = error.message.slice(subject.length).replace(', got undefined', ', got none');
  return new ArgumentError(`${long}${rest}`, { cause: error });
}

/** Tells an error, and returns the exit code. */
export function tellError(error: unknown, streams: Streams): number {
  const { code, text, stack } = explainExit(error);
  terminalOf(streams).err(`error: ${text}`);
  if (stack !== undefined) streams.err(printableLines(`${stack}\n`));
  return code;
}
