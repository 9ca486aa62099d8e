import type { CheckedShard } from '../node/features/check.js';
import { reject } from '../errors.js';
import { integer } from '../numbers.js';
import { inNode } from './backend.js';
import { CheckError } from './exit.js';
import type { Terminal } from './terminal.js';

/** How many shards a line names. */
const MOST_NAMED = 20;

function named(shards: readonly CheckedShard[]): string {
  const names = shards.slice(0, MOST_NAMED).map(({ index }) => index);
  const more = shards.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${integer(more)} more` : ''}`;
}

const FAULTS = ['missing', 'foreign', 'torn'] as const;

/** `resnet-heads extract --check`. */
export async function checkFeatures({ say }: Terminal, folder: string): Promise<void> {
  await inNode();
  const [{ checkShards, strayFiles }, { readManifest, MANIFEST_FILE }, { openStore }] =
    await Promise.all([
      import('../node/features/check.js'),
      import('../node/features/manifest.js'),
      import('../node/features/open-store.js'),
    ]);
  const store = await openStore('--check', folder);
  const manifest =
    (await readManifest(store)) ??
    reject('--check', `a folder with ${MANIFEST_FILE}`, folder, 'extract features to it first');
  const checked: CheckedShard[] = [];
  for await (const shard of checkShards(store, manifest)) checked.push(shard);
  const { shards, engine, dtype, shape, backbone, pictures } = manifest;
  const of = (state: CheckedShard['state']) => checked.filter((each) => each.state === state);
  const sum = (count: (shard: CheckedShard) => number) =>
    integer(checked.reduce((total, each) => total + count(each), 0));
  const listed = pictures.count === null ? '' : ` of ${integer(pictures.count)} listed`;
  say(
    `${folder}: ${integer(of('complete').length)} of ${integer(shards)} shards are complete`,
    `${sum((each) => each.pictures)} pictures${listed}, ${sum((each) => each.skipped.length)} skipped`,
    `features ${shape.join(' x ')} in ${dtype} by ${engine}; backbone ${backbone.sha256.slice(0, 12)}, preprocessing ${backbone.preprocessing}, input ${backbone.inputSize.join(' x ')}`,
  );
  const wrong = FAULTS.map((state) => ({ state, found: of(state) })).filter(
    ({ found }) => found.length > 0,
  );
  const stray = await strayFiles(store, manifest);
  if (wrong.length + stray.length === 0) return;
  for (const { state, found } of wrong) say(`${state}: ${named(found)}`);
  for (const name of stray) say(`foreign: ${name}`);
  if (wrong.length === 0) {
    throw new CheckError(
      `${folder}: expected no other .parquet files, got ${stray.join(', ')}; remove them`,
    );
  }
  const remove = wrong.some(({ state }) => state !== 'missing')
    ? 'remove the torn and foreign files, and '
    : '';
  throw new CheckError(
    `${folder}: expected ${integer(shards)} complete shards, got ${wrong.map(({ state, found }) => `${integer(found.length)} ${state}`).join(', ')}; ${remove}extract these shards again`,
  );
}
