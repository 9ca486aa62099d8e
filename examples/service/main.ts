/**
 * Serves a classifier that `resnet-heads train` has written, over HTTP.
 *
 *     npx tsx examples/service/main.ts my-classifier --port 8080
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Command, InvalidArgumentError } from 'commander';
import { loadClassifier, useFastestBackend } from 'resnet-heads';
import { DEFAULT_LIMITS } from './limits.js';
import { createService } from './service.js';

function count(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

interface Options {
  readonly host: string;
  readonly port: number;
  readonly maxBytes: number;
  readonly maxAtOnce: number;
  readonly maxPerAddress: number;
}

async function serve(folder: string, { host, port, ...limits }: Options): Promise<void> {
  const backend = await useFastestBackend();
  const classifier = await loadClassifier(folder);
  const service = createService(classifier, limits);
  const stop = async (signal: string): Promise<void> => {
    console.log(`${signal}: finishing open requests`);
    await service.close();
    classifier.dispose();
    console.log('stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.once(signal, (name: string) => void stop(name));
  const { server } = service;
  server.listen(port, host);
  await once(server, 'listening');
  const { address, port: taken } = server.address() as AddressInfo;
  console.log(`${classifier.classes.join(', ')}: on ${backend}, at http://${address}:${taken}`);
}

await new Command('service')
  .argument('<dir>', 'folder of a classifier that `resnet-heads train` has written')
  .option('--host <name>', 'host name or address to listen on', '127.0.0.1')
  .option('--port <n>', 'port to listen on; 0 for any free port', count, 8080)
  .option('--max-bytes <n>', 'bytes per picture', count, DEFAULT_LIMITS.maxBytes)
  .option('--max-at-once <n>', 'requests that wait for an answer', count, DEFAULT_LIMITS.maxAtOnce)
  .option(
    '--max-per-address <n>',
    'connections and waiting requests per address; raise it behind a proxy',
    count,
    DEFAULT_LIMITS.maxPerAddress,
  )
  .action(serve)
  .parseAsync();
