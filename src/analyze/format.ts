import { reject, requireOneOf } from '../errors.js';
import type { Shape } from '../layers/factory.js';
import type { Plan } from './plan.js';
import { table, type TableFormat } from './table.js';

export type Format = 'text' | 'markdown' | 'json';

export const FORMATS: readonly Format[] = ['text', 'markdown', 'json'];

/** The convention goes with the numbers wherever they go: people count ResNet-50 in three ways. */
const CONVENTION = [
  'MACs: multiply–accumulates of convolutions and dense layers; one image, forward.',
  'FLOPs: 2 × MACs. Weights: float32, 1 MB = 10⁶ bytes.',
];

const BYTES_PER_MB = 1e6;

// A fixed locale: the same plan reads the same on every machine.
const integer = new Intl.NumberFormat('en-US');
const megabytes = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const percent = new Intl.NumberFormat('en-US', { style: 'percent', maximumSignificantDigits: 3 });

const shape = (sizes: Shape): string => sizes.join(' × ');
const weight = (bytes: number): string => `${megabytes.format(bytes / BYTES_PER_MB)} MB`;

/** Each row of the table: what it is called, and its cell for a plan. */
const ROWS: readonly (readonly [string, (plan: Plan) => string])[] = [
  ['base', (plan) => `ResNet-${plan.depth} ${plan.variant}`],
  ['input', (plan) => shape(plan.inputShape)],
  ['features', (plan) => shape(plan.featureShape)],
  ['output', (plan) => shape(plan.outputShape)],
  ['parameters', (plan) => integer.format(plan.totals.params)],
  ['trainable', (plan) => integer.format(plan.totals.trainableParams)],
  ['in the head', (plan) => integer.format(plan.head.params)],
  ["head's share", (plan) => percent.format(plan.headShare)],
  ['MACs', (plan) => integer.format(plan.totals.macs)],
  ["head's MACs", (plan) => integer.format(plan.head.macs)],
  ['FLOPs', (plan) => integer.format(plan.totals.flops)],
  ['weights', (plan) => weight(plan.totals.weightBytes)],
  ["head's weights", (plan) => weight(plan.head.weightBytes)],
];

function plansTable(plans: readonly Plan[], as: TableFormat): string {
  const header = ['', ...plans.map((plan) => plan.headName)];
  const body = ROWS.map(([label, cell]) => [label, ...plans.map(cell)]);
  return table([header, ...body], ['l', ...plans.map(() => 'r' as const)], as);
}

/**
 * Plans side by side, a column each, as aligned `'text'`, a `'markdown'` table, or `'json'` with the
 * raw figures (everything in {@link Plan} but the single layers). Returns the string; prints nothing.
 *
 * @throws ArgumentError where there is no plan, or no such format
 */
export function format(plans: Plan | readonly Plan[], as: Format = 'text'): string {
  const list: readonly Plan[] = Array.isArray(plans) ? plans : [plans as Plan];
  if (list.length === 0) reject('plans', 'at least one plan', plans);
  requireOneOf('format', as, FORMATS);
  if (as === 'json') {
    const summaries = list.map(({ layers, ...summary }) => ({
      ...summary,
      layerCount: layers.length,
    }));
    return JSON.stringify({ plans: summaries }, null, 2);
  }
  return `${plansTable(list, as)}\n\n${CONVENTION.join(as === 'markdown' ? ' ' : '\n')}`;
}
