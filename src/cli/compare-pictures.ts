import type { CompareOptions } from '../compare/compare-heads.js';
import type { HeadComparison } from '../compare/comparison.js';
import { reject } from '../errors.js';
import { given } from '../given.js';
import type { HeadSpec } from '../head/spec.js';
import { integer } from '../numbers.js';
import { format } from '../report/format/index.js';
import { chooseBackend, inNode } from './backend.js';
import { backboneWords } from './backbone-flags.js';
import { type CompareFlags, HEADS } from './compare-flags.js';
import { onBackbone } from './on-backbone.js';
import { chosenFormat } from './options.js';
import { putText } from './output.js';
import { describeAmbiguous } from './parts.js';
import { quotedPath } from './shell.js';
import { type Terminal, warnTo } from './terminal.js';

async function optionsOf(flags: CompareFlags): Promise<CompareOptions> {
  const { batchSize, optimizer, runs, engine, folds, shift, seed, strict = false, cache } = flags;
  const { userCacheFolder } = await import('../node/user-folders.js');
  return {
    ...{ measure: true, batchSize, optimizer, runs, folds, shift, seed, strict },
    ...given({ engine }),
    ...(cache ? { cacheFolder: userCacheFolder('features') } : {}),
  };
}

/** The lines below the comparison: where the features came from, and the command that trains the head. */
function nextLines(
  { trial, recommendation, findings }: HeadComparison,
  pictures: string,
  flags: CompareFlags,
): string[] {
  const { out, hiddenUnits } = flags;
  const { computed = 0, pictures: count = 0 } = trial ?? {};
  // The last finding; the text ends with it.
  const advice = out === undefined || recommendation === undefined ? [] : findings.slice(-1);
  const head = recommendation?.head ?? 'pooled';
  const units = head === 'pooled' ? '' : ` --hidden-units ${hiddenUnits}`;
  return [
    `features: ${integer(computed)} computed, ${integer(count - computed)} from the cache`,
    ...(out === undefined ? [] : [`${out}: the comparison`]),
    ...advice,
    `next: npx resnet-heads train ${quotedPath(pictures)} --out my-classifier --head ${head}${units}${backboneWords(flags)}`,
  ];
}

/** Trains each head on pictures, and compares them. */
export async function comparePictures(
  terminal: Terminal,
  pictures: string,
  flags: CompareFlags,
): Promise<void> {
  const as = chosenFormat(flags);
  if (as === 'svg') {
    reject('--format', 'text, markdown or json with pictures', as, 'a chart shows only costs');
  }
  const [, , channels = 3] = flags.input ?? [];
  if (channels !== 3) reject('--input', 'three channels with pictures', channels);
  await inNode();
  const [{ compareRead }, { readTrialPictures }, { loadSharp }] = await Promise.all([
    import('../compare/compare-heads.js'),
    import('../compare/trial.js'),
    import('../node/images/sharp.js'),
  ]);
  const options = await optionsOf(flags);
  // Checked before a backbone of up to 94 MB is downloaded.
  await loadSharp();
  const set = await readTrialPictures(pictures, options);
  for (const line of describeAmbiguous(set.duplicates.acrossClasses)) terminal.err(line);
  const { hiddenUnits } = flags;
  const heads: HeadSpec[] = HEADS.map((name) => {
    if (name === 'pooled') return name;
    return name === 'dense' ? { name, hiddenUnits } : { name, hiddenUnits };
  });
  await chooseBackend(terminal);
  const lost =
    'compare: expected time to train the heads, got Ctrl-C before there was a comparison; features so far are kept, unless --no-cache is given';
  await onBackbone(terminal, flags, lost, async (backbone, { stages, signal }) => {
    const { onProgress } = stages;
    const how = { ...options, signal, onProgress, onWarning: warnTo(terminal) };
    const comparison = await compareRead(backbone, heads, how, () => Promise.resolve(set));
    stages.stop();
    await putText(terminal.out, format(comparison, as), flags.out);
    // Standard output holds nothing but JSON or Markdown, if it was asked for.
    if (as === 'text' || flags.out !== undefined) {
      terminal.say(...nextLines(comparison, pictures, flags));
    }
  });
}
