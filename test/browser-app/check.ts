import type { Visit, VisitOptions } from './visit';

/** What the checks have at hand. */
export interface Surroundings {
  readonly open: (
    options?: Pick<VisitOptions, 'query' | 'camera' | 'init' | 'exported' | 'starts'>,
  ) => Promise<Visit>;
  /** Of the small base. */
  readonly baseFiles: readonly string[];
  /** The small base as an ONNX file. */
  readonly onnxFile: string;
  /** A folder for what is downloaded. */
  readonly folder: string;
  /** A folder for pictures of the page, where some are wanted. */
  readonly screenshots: string | undefined;
}

/** Something that a person does at the page, and what has to come of it. */
export interface Check {
  readonly name: string;
  readonly run: (surroundings: Surroundings) => Promise<void>;
}

/** The page with the small base beside it. */
export const WITH_BASE = { query: '?base=base/model.json' } as const;
