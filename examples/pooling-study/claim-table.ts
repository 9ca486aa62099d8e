import { CLAIMS, DRAWS_ONLY, figuresOf, type Finding, type Verdict, verdictOf } from './claims.js';
import { countedFigures, endToEndFindings, sizeFindings, timeRatios } from './other-claims.js';
import type { Study } from './read-study.js';
import { table } from './tables.js';

interface Row {
  readonly sentence: string;
  readonly verdict: Verdict;
  readonly figures: string;
  /** What the figures are of. */
  readonly measured: string;
}

function ofFindings(
  sentence: string,
  measured: string,
  findings: readonly Finding[],
  direction: 1 | -1,
): Row {
  const verdict = verdictOf(findings, direction);
  return { sentence, verdict, measured, figures: figuresOf(findings) };
}

/** What is counted or timed on a ResNet-50. */
function costRows({ times }: Study): Row[] {
  const counted = countedFigures();
  const where = 'ResNet-50, 10 classes';
  const rows: Row[] = [
    {
      sentence: 'Pooling needs far fewer parameters.',
      ...{ verdict: 'supported', figures: counted.parameters, measured: where },
    },
    {
      sentence: 'Pooling needs less memory.',
      ...{ verdict: 'supported', figures: counted.memory, measured: where },
    },
    {
      sentence: 'Pooling needs less computation.',
      ...{ verdict: 'supported', figures: counted.macs, measured: where },
    },
  ];
  const row = (sentence: string, measured: string, of: 'predictMs' | 'trainStepMs'): Row => {
    const ratios = timeRatios(times?.measured ?? [], of);
    const slower = ratios.filter(({ isSlower }) => isSlower).length;
    const most = slower === ratios.length ? 'supported' : 'mixed';
    const timed = slower === 0 ? 'not supported' : most;
    const verdict = ratios.length === 0 ? 'not tested' : timed;
    const figures = ratios.map(({ text }) => text).join('; ');
    return { sentence, verdict, measured, figures };
  };
  const batch = 'batch of 32';
  return [
    ...rows,
    row(...(['A training step of the head takes less time.', batch] as const), 'trainStepMs'),
    row('Predictions take less time.', ...([`with a ResNet-50, ${batch}`, 'predictMs'] as const)),
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
  const accuracy = CLAIMS.map(({ sentence, row, direction, findings, written }): Row => {
    const found = findings(study.tasks);
    const verdict = verdictOf(found, direction);
    return { sentence, verdict, figures: figuresOf(found, written), measured: row };
  });
  return [...costRows(study), ...accuracy, ...otherRows(study)];
}

/** The page's table of claims. */
export const claimTable = (study: Study): string =>
  table(
    ['claim', 'verdict', 'figures'],
    claimRows(study).map(({ sentence, verdict, figures, measured }) => [
      ...[sentence, verdict, figures === '' ? '' : `_${measured}:_ ${figures}`],
    ]),
    3,
  );
