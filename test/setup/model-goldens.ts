import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What scripts/goldens/model_goldens.py wrote of a model. */
export interface ModelGolden {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly topology: object;
  readonly topologyLegacy?: object;
  readonly layers: readonly {
    readonly name: string;
    readonly type: string;
    readonly outputShape: readonly (number | null)[] | readonly (readonly (number | null)[])[];
    readonly params: number;
    readonly trainableParams: number;
  }[];
  readonly totals: { readonly params: number; readonly trainableParams: number };
  readonly macs: { readonly total: number };
}

const FOLDER = join(__dirname, '../goldens/models');

export const modelGoldens: readonly ModelGolden[] = readdirSync(FOLDER).map(
  (file) => JSON.parse(gunzipSync(readFileSync(join(FOLDER, file))).toString()) as ModelGolden,
);
