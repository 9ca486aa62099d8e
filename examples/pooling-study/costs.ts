import { estimateMemory, planResnet } from 'resnet-heads';
import { HEADS, HIDDEN_UNITS, studyHeads } from './heads.js';
import { percent, table } from './tables.js';

export const integer = new Intl.NumberFormat('en-US');
const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const BYTES_PER_MB = 1e6;
export const megabytes = (bytes: number): string => `${figures.format(bytes / BYTES_PER_MB)} MB`;

/** The contract that the question is about: ResNet-50 at 224 × 224. */
export const CONTRACT = { numClasses: 10, batchSize: 32 };

/** The heads on a ResNet-50, counted. */
export function costTable(): string {
  const { numClasses, batchSize } = CONTRACT;
  const recipes = studyHeads(numClasses, HIDDEN_UNITS);
  const rows = HEADS.map((head) => {
    const plan = planResnet({ head: recipes[head] });
    const all = estimateMemory(plan, { batchSize });
    const cached = estimateMemory(plan, { batchSize, train: 'cached' });
    return [
      head,
      integer.format(plan.head.params),
      integer.format(plan.totals.params),
      integer.format(plan.head.macs),
      `${percent(plan.head.macs / plan.totals.macs)} %`,
      megabytes(estimateMemory(plan).inference.total),
      megabytes(all.training.minimum),
      megabytes(cached.training.minimum),
    ];
  });
  const header = ['head', 'parameters', 'with the backbone', "head's MACs", 'of all MACs'];
  return table([...header, 'to predict', 'to train all', 'to train on features'], rows);
}
