import type { ResnetVariant } from '../base/architecture.js';
import type { EngineName } from '../engine/names.js';
import type { HeadName } from '../head/choose.js';
import type { BackboneFlags } from './backbone-flags.js';
import type { MemoryFlags, OutputOptions } from './options.js';

/** The options of `compare`, as commander parses them. */
export interface CompareFlags extends OutputOptions, MemoryFlags, BackboneFlags {
  readonly classes: number;
  readonly depth: string;
  readonly variant?: ResnetVariant;
  readonly hiddenUnits: number;
  readonly budget?: number;
  readonly measure?: boolean;
  readonly runs: number;
  readonly engine?: EngineName;
  readonly folds: number;
  readonly shift: boolean;
  readonly seed: number;
  readonly strict?: boolean;
  readonly cache: boolean;
}

/** The heads that `compare` compares. */
export const HEADS: readonly HeadName[] = ['pooled', 'flattened', 'dense'];
