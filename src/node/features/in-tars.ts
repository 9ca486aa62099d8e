import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { reject } from '../../errors.js';
import { fail } from '../images/table.js';
import { isAddress, wayOf } from '../remote/address.js';
import type { Division, Source } from './source.js';
import { loadTar, picturesInTar, type Tar } from './tar.js';

/** Names of files: their paths below the folder that all of them are in. */
function named(places: readonly string[]): Tar[] {
  const ways = places.map((place) =>
    isAddress(place)
      ? wayOf(place).split('/')
      : place.split(sep).flatMap((each) => each.split('/')),
  );
  const [first = []] = ways;
  const least = Math.min(...ways.map(({ length }) => length)) - 1;
  let shared = 0;
  while (shared < least && ways.every((way) => way[shared] === first[shared])) shared++;
  return places.map((place, i) => ({ place, name: ways[i]?.slice(shared).join('/') ?? place }));
}

/** What to do about a name with a star. */
export const PATTERNS = 'write a pattern in braces: {0000..0063}';

async function requireFiles(places: readonly string[]): Promise<void> {
  for (const [i, place] of places.entries()) {
    if (places.indexOf(place) < i)
      fail('pictures', 'each file once', `${place} twice`, 'name it once');
    if (isAddress(place)) continue;
    const facts = await stat(place).catch(() => undefined);
    if (facts?.isFile() === true) continue;
    const reason = facts ? 'this is no file' : 'there is no such file';
    const remedy = place.includes('*') ? `${reason}; ${PATTERNS}` : reason;
    reject('pictures', 'a .tar file', place, remedy);
  }
}

/**
 * Pictures in tar files. A shard has whole files, of n the files i, i + n and so on, so that each is read once.
 *
 * @throws ArgumentError if a file is missing, or there are fewer than shards
 */
export async function inTars(
  places: readonly string[],
  { shards = places.length }: Division,
  multiLabel: boolean,
  signal?: AbortSignal,
): Promise<Source> {
  await requireFiles(places);
  if (places.length < shards) {
    reject('shards', `at most ${places.length}, the number of .tar files`, shards);
  }
  await loadTar();
  const tars = named(places);
  const hash = createHash('sha256');
  for (const { name } of tars) hash.update(`${JSON.stringify(name)}\n`);
  return {
    ...{ count: undefined, classes: undefined },
    ...{ sha256: hash.digest('hex'), multiLabel, shards },
    async *entries(shard) {
      for (let i = shard; i < tars.length; i += shards) {
        const tar = tars[i];
        if (tar) yield* picturesInTar(tar, multiLabel, signal);
      }
    },
  };
}
