import { inspect } from 'node:util';

/** The exit codes of the command line. */
export const EXIT = {
  done: 0,
  /** A problem with a file, a network, a package or the machine. */
  failed: 1,
  /** Wrong arguments; the number that GNU's tools and Python's argparse use. */
  usage: 2,
  /** A bug in this package. */
  fault: 3,
  /** 128 + SIGINT, as in shells. */
  interrupted: 130,
} as const;

/** Ctrl-C ended a command. */
export class InterruptError extends Error {
  override readonly name = 'InterruptError';
}

/** A check has found something wrong. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
}

/** Exit codes by the error's name: `instanceof` fails where a process has loaded two builds of a class. */
const BY_NAME: Readonly<Record<string, number>> = {
  ArgumentError: EXIT.usage,
  WeightsError: EXIT.failed,
  PictureError: EXIT.failed,
  ReadError: EXIT.failed,
  PackageError: EXIT.failed,
  NetworkError: EXIT.failed,
  DoctorError: EXIT.failed,
  CheckError: EXIT.failed,
  InterruptError: EXIT.interrupted,
};

/** A full or broken disk, which other arguments don't fix. */
const DISK = ['EDQUOT', 'EIO', 'ENOSPC', 'EROFS'];

/** How WebAssembly ends if its memory is full; an error of the same kind can also be a bug. */
const OUT_OF_MEMORY = /^memory access out of bounds|^Aborted\(/;

const isVerbose = (): boolean =>
  /(^|[\s,])(resnet-heads|\*)([\s,]|$)/.test(process.env['DEBUG'] ?? '');

/** Node's code of a failed system call, such as `ENOSPC`, `EACCES` or `ECONNREFUSED`. */
function systemCode(error: unknown): string | undefined {
  const { code, syscall, cause } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code === 'string' && typeof syscall === 'string') return code;
  return cause === undefined ? undefined : systemCode(cause);
}

/** The exit code of an error, the text to print, and its stack trace where `DEBUG` contains `resnet-heads` or `*`. */
export function explainExit(error: unknown): {
  readonly code: number;
  readonly text: string;
  readonly stack: string | undefined;
} {
  const { name = 'error', message = String(error) } = (error ?? {}) as Partial<Error>;
  const known = BY_NAME[name];
  const system = systemCode(error);
  const stack = isVerbose() ? inspect(error) : undefined;
  if (known !== undefined) {
    const isDisk = system !== undefined && DISK.includes(system);
    return { code: isDisk ? EXIT.failed : known, text: message, stack };
  }
  if (system !== undefined) {
    const text = message.includes(system) ? message : `${message} (${system})`;
    return { code: EXIT.failed, text, stack };
  }
  if (name === 'RuntimeError' && OUT_OF_MEMORY.test(message)) {
    const text = `backend wasm: expected enough memory, got "${message}"; WebAssembly has 4 GB at most: choose a smaller input, head or batch, or npm install @tensorflow/tfjs-node`;
    return { code: EXIT.failed, text, stack };
  }
  const text = `unexpected ${name}: ${message}; this is a bug in resnet-heads: please report it, with the stack trace that DEBUG=resnet-heads prints`;
  return { code: EXIT.fault, text, stack };
}
