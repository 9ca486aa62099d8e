import type { CheckedShard } from '../node/features/check.js';
import type { Manifest } from '../node/features/manifest.js';
import { reject } from '../errors.js';
import { isBucketAddress } from '../node/remote/address.js';
import { integer } from '../numbers.js';
import { inNode } from './backend.js';
import { isModelName } from './backbone-flags.js';
import { counted } from './counted.js';
import { CheckError } from './exit.js';
import { quotedPath } from './shell.js';
import type { Terminal } from './terminal.js';

/** How many shards a line names. */
const MOST_NAMED = 20;

function named(shards: readonly CheckedShard[]): string {
  const names = shards.slice(0, MOST_NAMED).map(({ index }) => index);
  const more = shards.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${integer(more)} more` : ''}`;
}

const FAULTS = ['missing', 'foreign', 'torn'] as const;

/** What to do with features that are complete. */
function nextOf(place: string, { backbone, classes, pooling }: Manifest): string[] {
  if (classes !== null && classes.length < 2) return [];
  const { name = 'FILE', preprocessing } = backbone;
  const own = isModelName(name)
    ? ''
    : ` --backbone ${quotedPath(name)} --preprocessing ${preprocessing}`;
  const head = pooling === null ? ' --head dense' : '';
  const isRemote = isBucketAddress(place);
  const features = isRemote ? 'features' : quotedPath(place);
  const copy = isRemote ? `aws s3 sync ${quotedPath(place)} features && ` : '';
  return [
    `next: ${copy}npx resnet-heads train --features ${features} --out my-classifier${head}${own}`,
  ];
}

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
  const { shards, engine, dtype, shape, backbone, pictures, views } = manifest;
  const of = (state: CheckedShard['state']) => checked.filter((each) => each.state === state);
  const sum = (count: (shard: CheckedShard) => number) =>
    checked.reduce((total, each) => total + count(each), 0);
  const listed = pictures.count === null ? '' : ` of ${integer(pictures.count)} listed`;
  const rows =
    views === 1 ? '' : ` (${integer(sum((each) => each.pictures) * views)} rows with views)`;
  say(
    `${folder}: ${integer(of('complete').length)} of ${integer(shards)} shards are complete`,
    `${counted(
      sum((each) => each.pictures),
      'picture',
    )}${rows}${listed}, ${integer(sum((each) => each.skipped.length))} skipped`,
    `features ${shape.join(' x ')} in ${dtype} by ${engine}; backbone ${backbone.name ? `${backbone.name}, ` : ''}${backbone.sha256.slice(0, 12)}, preprocessing ${backbone.preprocessing}, input ${backbone.inputSize.join(' x ')}`,
  );
  const wrong = FAULTS.map((state) => ({ state, found: of(state) })).filter(
    ({ found }) => found.length > 0,
  );
  const stray = await strayFiles(store, manifest);
  if (wrong.length + stray.length === 0) {
    say(...nextOf(folder, manifest));
    return;
  }
  for (const { state, found } of wrong) say(`${state}: ${named(found)}`);
  for (const name of stray) say(`foreign: ${name}`);
  if (wrong.length === 0) {
    throw new CheckError(
      `${folder}: expected no other .parquet files, got ${stray.join(', ')}; remove them`,
    );
  }
  const isForeign = stray.length > 0 || of('foreign').length > 0;
  const remove = isForeign ? 'remove the foreign files, and ' : '';
  throw new CheckError(
    `${folder}: expected ${integer(shards)} complete shards, got ${wrong.map(({ state, found }) => `${integer(found.length)} ${state}`).join(', ')}; ${remove}extract with the same options again, which computes what is missing or torn`,
  );
}
