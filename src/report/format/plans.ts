import type { Plan } from '../../analyze/plan.js';
import { integer, megabytes, shape, percent } from '../../numbers.js';
import { CONVENTION, type Report } from './report.js';

/** The rows of the table: a label, and the cell of a plan. */
const ROWS: readonly (readonly [string, (plan: Plan) => string])[] = [
  ['base', (plan) => `ResNet-${plan.depth} ${plan.variant}`],
  ['input', (plan) => shape(plan.inputShape)],
  ['features', (plan) => shape(plan.featureShape)],
  ['output', (plan) => shape(plan.outputShape)],
  ['parameters', (plan) => integer(plan.totals.params)],
  ['trainable', (plan) => integer(plan.totals.trainableParams)],
  ['in the head', (plan) => integer(plan.head.params)],
  ["head's share", (plan) => percent(plan.headShare)],
  ['MACs', (plan) => integer(plan.totals.macs)],
  ["head's MACs", (plan) => integer(plan.head.macs)],
  ['FLOPs', (plan) => integer(plan.totals.flops)],
  ['weights', (plan) => megabytes(plan.totals.weightBytes)],
  ["head's weights", (plan) => megabytes(plan.head.weightBytes)],
];

export function reportPlans(plans: readonly Plan[]): Report {
  const columns = plans.map(({ headName }) => ({ title: headName, align: 'r' as const }));
  const rows = ROWS.map(([label, cell]) => [label, ...plans.map(cell)]);
  return { tables: [{ columns: [{ title: '' }, ...columns], rows }], notes: CONVENTION };
}

/** Plans as JSON, with the number of layers instead of the layers. */
export const plansToJson = (plans: readonly Plan[]) => ({
  plans: plans.map(({ layers, ...summary }) => ({ ...summary, layerCount: layers.length })),
});
