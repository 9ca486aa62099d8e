import { volume } from '../../layers/cost/layer-cost.js';
import type { Shape } from '../../layers/factory.js';
import type { FloatFormat } from '../../weights/formats/float-format.js';

/** What a file names as its writer, and the key of what this package notes in it. */
export const MAKER = 'resnet-heads';

/** The columns besides `features`. */
export const TEXTS = ['path', 'label', 'split', 'sha256'] as const;
/** Only in files with changed copies of pictures, to tell them apart. */
export const VIEW = 'view';
export type TextColumn = (typeof TEXTS)[number] | typeof VIEW;

export const FEATURES = 'features';

export const VALUE_BYTES: Readonly<Record<FloatFormat, number>> = { float32: 4, float16: 2 };

/** Values in a group of rows: a megabyte or four, which are in memory at a time. */
const GROUP_VALUES = 2 ** 20;

/** How many rows a group has; only the last one of a file may have fewer. */
export const groupRows = (shape: Shape): number =>
  Math.max(1, Math.floor(GROUP_VALUES / volume(shape)));

/** The columns of a file: texts that can be missing, and a list of numbers of the same length in each row. */
export function schemaOf(texts: readonly TextColumn[], dtype: FloatFormat) {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const;
  const required = { repetition_type: 'REQUIRED' } as const;
  const number =
    dtype === 'float16'
      ? ({ type: 'FIXED_LEN_BYTE_ARRAY', type_length: VALUE_BYTES.float16 } as const)
      : ({ type: 'FLOAT' } as const);
  return {
    texts: texts.map((name) => ({ name, ...text })),
    list: [
      ...[{ name: FEATURES, ...required, num_children: 1, converted_type: 'LIST' as const }],
      ...[{ name: 'list', repetition_type: 'REPEATED' as const, num_children: 1 }],
    ],
    number: { name: 'element', ...required, ...number },
  };
}
