import { printable, printableLines } from '../printable.js';

/** The standard streams of a command line; tests collect strings instead. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Width in characters, if standard output is a terminal. */
  readonly columns?: number | undefined;
  /** Standard error, if it is a terminal: progress bars are drawn on it. */
  readonly live?: NodeJS.WriteStream | undefined;
  /** Path of this command line's script, for commands that start further processes. */
  readonly script?: string;
  /** The arguments, without the interpreter and the script. */
  readonly args?: readonly string[];
}

/**
 * Where commands write. Control characters are escaped, so that no file or class name can send escape sequences to the
 * terminal or fake a line of output.
 */
export interface Terminal extends Streams {
  /** Writes a report of several lines; names in it must have been through `printable`, as in tables. */
  readonly out: (text: string) => void;
  /** Writes lines to standard output. */
  readonly say: (...lines: readonly string[]) => void;
  /** Writes one line to standard error. */
  readonly err: (line: string) => void;
}

const inOneLine = (text: string): string =>
  `${printable(text.trim().replaceAll(/\s*\n\s*/g, ' '))}\n`;

export const terminalOf = (streams: Streams): Terminal => ({
  ...streams,
  out: (text) => {
    streams.out(printableLines(text));
  },
  say: (...lines) => {
    streams.out(lines.map((line) => `${printable(line)}\n`).join(''));
  },
  err: (line) => {
    streams.err(inOneLine(line));
  },
});

/** An `onWarning` for the library that prints to standard error. */
export const warnTo =
  ({ err }: Pick<Terminal, 'err'>) =>
  ({ name, message }: Error): void => {
    err(`${name === 'PictureError' ? 'skipped' : 'warning'}: ${message}`);
  };
