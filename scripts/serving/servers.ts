import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { python } from '../shared/python.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const EXAMPLE = join(ROOT, 'examples/serving');

export const requirements = join(EXAMPLE, 'requirements.txt');

/** A server that answers requests. */
export interface Running {
  /** Without a slash at its end. */
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** Ray starts half a dozen processes. */
const START_MS = 120_000;
const ASK_EVERY_MS = 200;

/** Below what systems give to any program that asks for a free port, and above what Ray gives to its workers. */
const PORTS = { from: 20_000, to: 30_000 } as const;

async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once('error', () => {
        resolve(false);
      });
      server.listen(port, '127.0.0.1', () => {
        resolve(true);
      });
    });
    if (isFree !== true) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

/**
 * Starts a program and waits until it is ready.
 *
 * @param path what answers with a status of 200 then
 * @param command the program and its arguments for a port
 */
export async function startServer(
  path: string,
  command: (port: string) => readonly [program: string, ...args: string[]],
): Promise<Running> {
  const port = String(await freePort());
  const [program, ...args] = command(port);
  const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  }
  const ended = once(child, 'close');
  const kill = (): void => {
    child.kill('SIGTERM');
  };
  process.once('exit', kill);
  const address = `http://127.0.0.1:${port}`;
  const until = performance.now() + START_MS;
  while (!(await answers(`${address}${path}`))) {
    if (child.exitCode === null && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      continue;
    }
    child.kill('SIGKILL');
    throw new Error(
      `${[program, ...args].join(' ')}: expected ${address}${path}, got none:\n${log}`,
    );
  }
  return {
    address,
    stop: async () => {
      process.off('exit', kill);
      kill();
      await ended;
    },
  };
}

/** Ended by a signal, this program leaves no server behind. */
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const READY = '/v2/health/ready';

/** Ray Serve, on the pixels of an ONNX file. */
export const startRay = (file: string, name: string, ...options: string[]): Promise<Running> =>
  startServer(READY, (port) => [
    python(requirements),
    join(EXAMPLE, 'ray_server.py'),
    ...[file, '--name', name, '--port', port, ...options],
  ]);

/** Triton, on a folder with a folder for each model. */
export const startTriton = (models: string): Promise<Running> =>
  startServer(READY, (port) => [
    python(requirements),
    join(EXAMPLE, 'triton_server.py'),
    ...[models, '--port', port],
  ]);

/** The example service, on a classifier's folder. */
export const startService = (folder: string, ...options: string[]): Promise<Running> =>
  startServer('/health', (port) => [
    ...([process.execPath, '--import', 'tsx', 'examples/service/main.ts'] as const),
    ...[folder, '--port', port, ...options],
  ]);
