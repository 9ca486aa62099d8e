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
import type { Effect } from './statistics.js';
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
  direction: 1 | -1,
  written?: (effect: Effect) => string,
): Row {
  const verdict = verdictOf(findings, direction);
  const counts = countsOf(findings, direction);
  return { sentence, verdict, counts, measured, figures: figuresOf(findings, written) };
}

/** What is counted or timed on a ResNet-50. */
function costRows({ times }: Study): Row[] {
  const counted = countedFigures();
  const row = (sentence: string, figures: string): Row => ({
    ...{ sentence, figures, counts: '' },
    ...{ verdict: 'supported', measured: 'ResNet-50, 10 classes' },
  });
  const timed = (sentence: string, measured: string, of: 'predictMs' | 'trainStepMs'): Row =>
    ofFindings(
      sentence,
      `${measured}, batch of 32, flattened ÷ pooled${DRAWS_ONLY}`,
      timeFindings(times?.measured ?? [], of),
      1,
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
  const what = (measure: string) => `${measure}, end to end, 20 per class${DRAWS_ONLY}`;
  const change = (side: number) =>
    `pooled head, accuracy at ${side} − at 224 pixels, 20 per class${DRAWS_ONLY}`;
  return [
    ofFindings(
      ...(['The pooled head is more accurate if the backbone is trained with it.'] as const),
      ...([what('accuracy'), tuned, 1] as const),
    ),
    ofFindings(
      ...(['Training the backbone, too, gains more with the pooled head.'] as const),
      ...([what('accuracy gained'), gained, 1] as const),
    ),
    ofFindings(
      ...(['A pooled head is less accurate on smaller pictures.'] as const),
      change(160),
      sizeFindings(sizes, 160),
      -1,
    ),
    ofFindings(
      ...(['A pooled head is more accurate on larger pictures.'] as const),
      change(288),
      sizeFindings(sizes, 288),
      1,
    ),
  ];
}

/** All claims, with their verdicts. */
export function claimRows(study: Study): Row[] {
  const accuracy = CLAIMS.map(({ sentence, row, direction, findings, written }) =>
    ofFindings(sentence, row, findings(study.tasks), direction, written),
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
