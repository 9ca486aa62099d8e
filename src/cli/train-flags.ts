import type { TrainOptions } from '../classifier/train-options.js';
import type { EngineName } from '../engine/names.js';
import { given } from '../given.js';
import type { HeadName } from '../head/choose.js';
import type { HeadSpec } from '../head/spec.js';
import type { ViewName } from '../pictures/views.js';
import { ofAdam, type Solver } from '../train/training-options.js';
import type { BackboneFlags } from './backbone-flags.js';

/** The options of `train`, as commander parses them. */
export interface TrainFlags extends BackboneFlags {
  readonly out: string;
  readonly features?: string;
  readonly from?: string;
  readonly int8?: boolean;
  readonly head: HeadName;
  readonly hiddenUnits?: number;
  readonly dropout?: number;
  readonly validation?: number;
  readonly exclude?: string;
  readonly engine?: EngineName;
  readonly solver?: Solver;
  readonly l2?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly patience?: number;
  readonly seed: number;
  readonly balanced?: boolean;
  readonly multiLabel?: boolean;
  readonly views?: readonly ViewName[];
  readonly resume?: boolean;
  readonly strict?: boolean;
  readonly cache: boolean;
  readonly report: boolean;
}

/** Whether L-BFGS can fit a head. */
export const isLinear = ({ head, dropout = 0 }: Partial<TrainFlags>): boolean =>
  head === 'pooled' && dropout === 0;

/** The solver that `trainClassifier` uses with these options. */
export function solverOf(flags: Partial<TrainFlags>): Solver {
  return flags.solver ?? (isLinear(flags) && ofAdam(flags) === undefined ? 'lbfgs' : 'adam');
}

function headOf({ head: name, hiddenUnits, dropout }: TrainFlags): HeadSpec {
  return { name, ...given({ hiddenUnits, dropout }) } as HeadSpec;
}

export async function optionsOf(flags: TrainFlags): Promise<TrainOptions> {
  const { out, solver, l2, epochs, batchSize, learningRate, patience, seed, engine, views } = flags;
  const { userCacheFolder } = await import('../node/user-folders.js');
  const isPictures = flags.features === undefined;
  return {
    ...given({ out, solver, l2, epochs, batchSize, learningRate, patience, seed, engine, views }),
    head: headOf(flags),
    resume: flags.resume === true,
    strict: flags.strict === true,
    // Features know it by themselves.
    ...((isPictures || flags.multiLabel === true) && { multiLabel: flags.multiLabel === true }),
    ...(flags.balanced === true ? { classWeights: 'balanced' } : {}),
    ...(flags.cache && isPictures ? { cacheFolder: userCacheFolder('features') } : {}),
  };
}
