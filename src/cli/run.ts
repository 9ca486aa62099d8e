import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { ArgumentError } from '../errors.js';
import { WeightsError } from '../weights/errors.js';
import { compareCommand } from './compare.js';
import { classifyCommand } from './classify.js';
import { doctorCommand } from './doctor.js';
import { evaluateCommand } from './evaluate.js';
import { explainCommand } from './explain.js';
import { exportCommand } from './export.js';
import { inspectCommand } from './inspect.js';
import { requireOutput } from './output.js';
import { trainCommand } from './train.js';
import { weightsCommand } from './weights.js';

/** Where a command line writes; `process` in use, strings in tests. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Width in characters, where it is a terminal. */
  readonly columns?: number | undefined;
  /** The script that is this command line, for commands that need further processes. */
  readonly script?: string;
}

/** A file, a network or a package that isn't as it should be. */
const EXIT_FAILED = 1;
/** A wrong command line, as GNU's tools and Python's argparse number it. */
const EXIT_USAGE = 2;

const oneLine = (message: string): string => `${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`;

/** Told in a line: what is wrong with arguments, weights, pictures, packages and the machine. */
const isOurs = (error: unknown): error is Error =>
  error instanceof ArgumentError ||
  error instanceof WeightsError ||
  (error instanceof Error && ['ImageError', 'DoctorError', 'PackageError'].includes(error.name));

const withSubcommands = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
];

/**
 * Runs a command line and returns its exit code: 0, 2 for arguments that are wrong, or 1 for files and hosts
 * that are, each told in one line. Anything else that goes wrong is thrown.
 *
 * @param args without the interpreter and the script
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { out, err } = terminal;
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
    .addCommand(weightsCommand(out))
    .addCommand(doctorCommand(terminal))
    .hook('preAction', (_, command) => requireOutput(command));
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: out,
      writeErr: err,
      outputError: (message) => {
        err(oneLine(message));
      },
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has written its own line by now, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    if (!isOurs(error)) throw error;
    err(oneLine(`error: ${error.message}`));
    return error instanceof ArgumentError ? EXIT_USAGE : EXIT_FAILED;
  }
}
