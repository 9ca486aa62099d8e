import type { Plan } from '../../analyze/plan.js';
import type { ModelStats } from '../../analyze/stats.js';
import type { HeadComparison } from '../../compare/comparison.js';
import { present } from '../../errors.js';
import { drawBars } from './bars.js';
import type { ChartOptions, ChartTheme } from './echarts.js';

type Measure = keyof typeof NAMES;

const NAMES = {
  parameters: 'parameters',
  headParameters: 'in the head',
  macs: 'MACs',
  headMacs: "head's MACs",
};

/** Bars of one colour: a value for each label, null if unknown. */
interface Series {
  readonly measure: Measure;
  readonly values: readonly (number | null)[];
}

interface Bars {
  readonly title: string;
  readonly subtitle: string;
  readonly labels: readonly string[];
  readonly series: readonly Series[];
}

/** More bars would be unreadable. */
const MAX_LAYERS = 20;

const SUBTITLE = 'log scale; MACs: multiply–accumulates of the forward pass of one image';

const sizeOf = (shape: Plan['inputShape']): string => shape.slice(0, 2).join(' × ');

/** Bars for each head. */
const headsBars = (
  title: string,
  heads: readonly (readonly [name: string, Pick<Plan, 'head' | 'totals'>])[],
  isCounted = true,
): Bars => ({
  title,
  subtitle: SUBTITLE,
  labels: heads.map(([name]) => name),
  series: [
    { measure: 'parameters', values: heads.map(([, { totals }]) => totals.params) },
    { measure: 'headParameters', values: heads.map(([, { head }]) => head.params) },
    { measure: 'macs', values: heads.map(([, { totals }]) => (isCounted ? totals.macs : null)) },
    { measure: 'headMacs', values: heads.map(([, { head }]) => head.macs) },
  ],
});

export function plansBars(plans: readonly Plan[]): Bars {
  const { depth, variant, inputShape } = present(plans[0], 'a plan');
  const title = `Heads on a ResNet-${depth} ${variant} at ${sizeOf(inputShape)}`;
  return headsBars(
    title,
    plans.map((plan) => [plan.headName, plan]),
  );
}

export const comparisonBars = ({ base, heads }: HeadComparison): Bars =>
  headsBars(
    `Heads on ${base.name} at ${sizeOf(base.inputShape)}`,
    heads.map((head) => [head.name, head]),
    base.uncounted.length === 0,
  );

/** Bars for the layers that cost the most, in the model's order. */
export function modelBars({ name, layers }: ModelStats): Bars {
  const cost = layers.filter(({ params, macs }) => params > 0 || (macs ?? 0) > 0);
  const weight = (of: (layer: ModelStats['layers'][number]) => number) => {
    const sum = cost.reduce((running, layer) => running + of(layer), 0);
    return (layer: ModelStats['layers'][number]) => (sum === 0 ? 0 : of(layer) / sum);
  };
  const [params, macs] = [weight((layer) => layer.params), weight((layer) => layer.macs ?? 0)];
  const most = new Set(
    [...cost].sort((a, b) => params(b) + macs(b) - params(a) - macs(a)).slice(0, MAX_LAYERS),
  );
  const shown = cost.filter((layer) => most.has(layer));
  const left = layers.length - shown.length;
  return {
    title: `Layers of ${name}`,
    subtitle:
      left > 0
        ? `the ${shown.length} of ${layers.length} layers with the highest cost; ${SUBTITLE}`
        : SUBTITLE,
    labels: shown.map((layer) => layer.name),
    series: [
      { measure: 'parameters', values: shown.map((layer) => layer.params) },
      { measure: 'macs', values: shown.map((layer) => layer.macs) },
    ],
  };
}

/** Colours that differ in hue and lightness, for colour-blind readers and for print. */
const PALETTE: Readonly<Record<ChartTheme, Readonly<Record<Measure, string>>>> = {
  light: { parameters: '#1f4e9c', headParameters: '#8fb3e8', macs: '#b3541e', headMacs: '#f0b48a' },
  dark: { parameters: '#8fb3e8', headParameters: '#3f6fc4', macs: '#f0b48a', headMacs: '#c26a33' },
};

const compactNumber = /* @__PURE__ */ new Intl.NumberFormat('en-US', {
  notation: 'compact',
  maximumSignificantDigits: 3,
});
/** Formats `3.86G`, not English's `3.86B`. */
const compact = (count: number): string => compactNumber.format(count).replace('B', 'G');

/** Draws parameters and MACs on a log scale. */
export async function drawCosts(
  { title, subtitle, labels, series }: Bars,
  { theme, width }: Required<ChartOptions>,
): Promise<string> {
  return drawBars(
    {
      title,
      subtitle,
      labels,
      series: series.map(({ measure, values }) => ({
        name: NAMES[measure],
        color: PALETTE[theme][measure],
        // A log scale has no zero.
        values: values.map((count) => (count === 0 ? null : count)),
      })),
      least: 1,
      format: compact,
    },
    { theme, width },
  );
}
