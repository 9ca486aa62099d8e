import { inspect } from 'node:util';

/** What a command line ends with. */
export const EXIT = {
  done: 0,
  /** A file, a network, a package or a machine that isn't as it should be. */
  failed: 1,
  /** A wrong command line, as GNU's tools and Python's argparse number it. */
  usage: 2,
  /** What should not happen, whatever was asked for. */
  fault: 3,
  /** 128 + SIGINT, as shells number it. */
  interrupted: 130,
} as const;

/** Ctrl-C ended it before there was anything to keep. */
export class InterruptError extends Error {
  override readonly name = 'InterruptError';
}

/** By name: a process may hold two builds of a class. */
const BY_NAME: Readonly<Record<string, number>> = {
  ArgumentError: EXIT.usage,
  WeightsError: EXIT.failed,
  PictureError: EXIT.failed,
  PackageError: EXIT.failed,
  DoctorError: EXIT.failed,
  InterruptError: EXIT.interrupted,
};

/** The disk is full or broken, which no other argument mends. */
const DISK = ['EDQUOT', 'EIO', 'ENOSPC', 'EROFS'];

const isVerbose = (): boolean =>
  /(^|[\s,])(resnet-heads|\*)([\s,]|$)/.test(process.env['DEBUG'] ?? '');

/** Node's word for what the system refused: `ENOSPC`, `EACCES`, `ECONNREFUSED`. */
function systemCode(error: unknown): string | undefined {
  const { code, syscall, cause } = (error ?? {}) as NodeJS.ErrnoException;
  if (typeof code === 'string' && typeof syscall === 'string') return code;
  return cause === undefined ? undefined : systemCode(cause);
}

/** What ends a command: the exit code, what is told in a line, and the stack if `DEBUG=resnet-heads` asks for it. */
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
  const text = `unexpected ${name}: ${message}; please report this fault of resnet-heads, with what DEBUG=resnet-heads adds`;
  return { code: EXIT.fault, text, stack };
}
