import { printable, printableLines } from '../printable.js';

/** What a process gives a command line; strings in tests. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Width in characters, where it is a terminal. */
  readonly columns?: number | undefined;
  /** Standard error, where it is a terminal: bars are drawn on it. */
  readonly live?: NodeJS.WriteStream | undefined;
  /** The script that is this command line, for commands that need further processes. */
  readonly script?: string;
}

/**
 * Where commands write. Whatever name is in a text, nothing reaches a terminal that it would act on, and no name
 * makes a line of its own where a line is meant.
 */
export interface Terminal extends Streams {
  /** A report, of several lines: names in it have been through `printable`, as a table does it. */
  readonly out: (text: string) => void;
  /** Lines on standard output. */
  readonly say: (...lines: readonly string[]) => void;
  /** One line on standard error. */
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

/** What the library's `onWarning` takes. */
export const warnTo =
  ({ err }: Pick<Terminal, 'err'>) =>
  ({ name, message }: Error): void => {
    err(`${name === 'PictureError' ? 'skipped' : 'warning'}: ${message}`);
  };
