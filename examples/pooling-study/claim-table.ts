import {
  asRatio,
  CLAIMS,
  countsOf,
  DRAWS_ONLY,
  figuresOf,
  type Finding,
  type Verdict,
  verdictOf,
} from './claims.js';
import { countedFigures, endToEndFindings, sizeFindings, timeFindings } from './other-claims.js';
import type { Study } from './read-study.js';
import { SIDES } from './sizes.js';
import type { Estimate } from './statistics.js';
import { table } from './tables.js';

interface Row {
  readonly sentence: string;
  readonly verdict: Verdict;
  /** Of tasks, or of backends: those that show it, those that show the opposite, and all. */
  readonly counts: string;
  readonly figures: string;
  /** What the figures are of. */
  readonly measured: string;
}

function ofFindings(
  sentence: string,
  measured: string,
  findings: readonly Finding[],
  written?: (effect: Estimate) => string,
): Row {
  const verdict = verdictOf(findings);
  const counts = countsOf(findings);
  return { sentence, verdict, counts, measured, figures: figuresOf(findings, written) };
}

/** What is counted or timed on a ResNet-50. */
function costRows({ times }: Study): Row[] {
  const counted = countedFigures();
  const row = (sentence: string, figures: string): Row => ({
    ...{ sentence, figures, counts: '' },
    ...{ verdict: 'supported', measured: 'head on a ResNet-50, pooled : pooled MLP : flattened' },
  });
  const timed = (sentence: string, measured: string, of: 'predictMs' | 'trainStepMs'): Row =>
    ofFindings(
      sentence,
      `${measured}, batch of 32, flattened ÷ pooled${DRAWS_ONLY}`,
      timeFindings(times?.measured ?? [], of),
      asRatio,
    );
  return [
    row('Pooling needs far fewer parameters.', counted.parameters),
    row('Pooling needs less memory.', counted.memory),
    row('Pooling needs less computation.', counted.macs),
    timed('A training step of the head takes less time.', 'step on features', 'trainStepMs'),
    timed('Predictions take less time.', 'prediction with a ResNet-50', 'predictMs'),
  ];
}

/** What was trained on other pictures, or with the backbone. */
function otherRows({ sizes, endToEnd }: Study): Row[] {
  const tuned = endToEndFindings(endToEnd, (run) => run.tuned);
  const gained = endToEndFindings(endToEnd, (run) => run.tuned - run.frozen);
  const what = (measure: string) =>
    `${measure}, pooled − flattened, end to end, 20 per class${DRAWS_ONLY}`;
  const change = (from: number, to: number) =>
    `pooled head, accuracy at ${to} − at ${from} pixels, 20 per class${DRAWS_ONLY}`;
  const [small, usual, large] = SIDES;
  return [
    ofFindings(
      'The pooled head is more accurate if the backbone is trained with it.',
      ...([what('accuracy'), tuned] as const),
    ),
    ofFindings(
      'Training the backbone, too, gains more with the pooled head.',
      ...([what('accuracy gained'), gained] as const),
    ),
    ofFindings(
      'A pooled head loses by a smaller input than in training.',
      ...([change(small, usual), sizeFindings(sizes, small, usual)] as const),
    ),
    ofFindings(
      'A pooled head gains by a larger input than in training.',
      ...([change(usual, large), sizeFindings(sizes, usual, large)] as const),
    ),
  ];
}

/** All claims, with their verdicts. */
export function claimRows(study: Study): Row[] {
  const accuracy = CLAIMS.map(({ sentence, row, findings, written }) =>
    ofFindings(sentence, row, findings(study.tasks), written),
  );
  return [...costRows(study), ...accuracy, ...otherRows(study)];
}

/** The page's table of claims. */
export const claimTable = (study: Study): string =>
  table(
    ['claim', 'verdict', 'figures'],
    claimRows(study).map(({ sentence, verdict, counts, figures, measured }) => [
      ...[sentence, counts === '' ? verdict : `${verdict} ${counts}`],
      figures === '' ? '' : `_${measured}:_ ${figures}`,
    ]),
    3,
  );
