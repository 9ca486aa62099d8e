import type { HeadName } from '../head/choose.js';
import type { ShardResult } from '../node/features/job.js';
import type { Labels } from '../node/features/labels.js';
import type { Manifest } from '../node/features/manifest.js';
import { isBucketAddress } from '../node/remote/address.js';
import { integer } from '../numbers.js';
import { type BackboneFlags, backboneWords } from './backbone-flags.js';
import { counted } from './counted.js';
import { libraryOf } from './library.js';
import { quotedPath } from './shell.js';

/** The line about a shard that is complete. */
export function describeShard(
  { index, file, isKept, pictures, skipped }: ShardResult,
  of: number,
): string {
  const left = skipped.length === 0 ? '' : `, ${integer(skipped.length)} skipped`;
  return `shard ${index}/${of}: ${file}, ${counted(pictures, 'picture')}${left}${isKept ? ', already complete' : ''}`;
}

/** What `extract` has done. */
export interface Extracted {
  readonly results: readonly ShardResult[];
  readonly labels: Labels;
  readonly manifest: Manifest;
  readonly backend: string;
}

interface Flags extends BackboneFlags {
  readonly out: string;
  readonly head: HeadName;
}

const sum = (results: readonly ShardResult[]): number =>
  results.reduce((total, { pictures }) => total + pictures, 0);

/** What is wrong with the features as they are. */
export function warningsAbout({ results, labels }: Extracted, { out }: Flags): string[] {
  const pictures = sum(results);
  if (pictures === 0) return [`${out}: expected pictures that can be decoded, got none`];
  if (labels.missing === 0) return [];
  const [have, all] = [labels.missing === 1 ? 'has' : 'have', integer(pictures)];
  return [
    `${integer(labels.missing)} of ${all} pictures ${have} no label; train --features needs one for each: a folder per class, a label in the .csv file, or a .cls file in the .tar file`,
  ];
}

/** What the command prints at its end. */
export function describeAll(
  { results, labels, manifest, backend }: Extracted,
  flags: Flags,
): string[] {
  const { engine, shape, dtype, shards, views } = manifest;
  const { out, head } = flags;
  const by = results.some(({ isKept }) => !isKept) ? ` by ${libraryOf(engine, backend)}` : '';
  const place = quotedPath(out);
  const isComplete = results.length === shards;
  const classes = manifest.classes?.length ?? (isComplete ? labels.classes.size : undefined);
  const isTrainable = isComplete && labels.missing === 0 && Number(classes) > 1;
  const told = classes === undefined ? '' : `, ${counted(classes, 'class', 'classes')}`;
  const pictures = sum(results);
  const rows = views === 1 ? '' : `, ${integer(pictures * views)} rows with views`;
  const here = isComplete ? '' : ' in this shard';
  const as = head === 'pooled' ? '' : ` --head ${head}`;
  return [
    `${out}: ${counted(pictures, 'picture')}${rows}${here}${told}, ${shape.join(' x ')} features each in ${dtype}${by}`,
    isTrainable && !isBucketAddress(out)
      ? `next: npx resnet-heads train --features ${place} --out my-classifier${as}${backboneWords(flags)}`
      : `next${isComplete ? '' : `, once all ${shards} shards are complete`}: npx resnet-heads extract --check ${place}`,
  ];
}
