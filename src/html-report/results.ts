import { integer, percent } from '../numbers.js';
import { reliabilityChart } from './chart.js';
import { type ClassCount, isSingle, type Results, type SingleResults } from './data.js';
import { type Column, details, html, Html, section, table } from './html.js';

const share = (value: number | null): string => (value === null ? '—' : percent(value));

const numeric = (...titles: readonly string[]): Column[] =>
  titles.map((title) => ({ title, numeric: true }));

const PARTS = [
  ['training', 'training pictures'],
  ['heldOut', 'held out'],
  ['others', 'others'],
] as const;

/** The classes, their pictures and how well each is recognised. */
export function classesSection(
  evaluation: Results,
  counts: readonly ClassCount[] | undefined,
): Html {
  const parts = PARTS.filter(([part]) => counts?.some((each) => each[part] > 0));
  const columns = [
    { title: 'class' },
    ...numeric(...parts.map(([, title]) => title)),
    ...numeric('measured', ...(isSingle(evaluation) ? [] : ['average precision'])),
    ...numeric('precision', 'recall', 'F1'),
  ];
  const rows = evaluation.classes.map((each, i) => [
    each.name,
    ...parts.map(([part]) => integer(counts?.[i]?.[part] ?? 0)),
    integer(each.support),
    ...('averagePrecision' in each ? [share(each.averagePrecision)] : []),
    ...[each.precision, each.recall, each.f1].map(share),
  ]);
  const caption =
    'Precision: the share of the pictures predicted as the class that belong to it. Recall: the share of the pictures of the class that are predicted as the class.';
  return section('classes', 'Classes', table(caption, columns, rows));
}

/** With more classes a matrix can't be read: the most frequent confusions are listed. */
const LARGEST_MATRIX = 30;
const LISTED = 20;
/** Colour from this share on is too dark for dark text. */
const DEEP = 0.55;

/** More names of columns than this are written from bottom to top. */
const MOST_UPRIGHT = 6;

function matrix({ classes, counts }: SingleResults): Html {
  const cell = (count: number, row: number, column: number): Html => {
    if (count === 0) return html`<td></td>`;
    const part = count / (classes[row]?.support ?? 1);
    const kind = row === column ? 'right' : 'wrong';
    const shade = (0.1 + 0.9 * part).toFixed(2);
    return html`<td class="${kind}${part > DEEP ? ' deep' : ''}" style="--share:${shade}">
      ${integer(count)}
    </td>`;
  };
  const upright = classes.length <= MOST_UPRIGHT ? '' : ' class="up"';
  const heads = classes.map(
    ({ name }) => html`<th scope="col"><span${new Html(upright)}>${name}</span></th>`,
  );
  const rows = classes.map(
    ({ name }, row) =>
      html` <tr>
        <th scope="row">${name}</th>
        ${(counts[row] ?? []).map((count, column) => cell(count, row, column))}
      </tr>`,
  );
  return html` <p class="soft">
      Rows: the true class. Columns: the predicted class. Colours: the share of the true class.
    </p>
    <div class="wide">
      <table class="matrix" aria-label="Pictures by true and predicted class">
        <thead>
          <tr>
            <td></td>
            ${heads}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
}

function confusions({ classes, counts }: SingleResults): Html {
  const found = counts
    .flatMap((row, truth) => row.map((count, predicted) => ({ truth, predicted, count })))
    .filter(({ truth, predicted, count }) => truth !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, LISTED);
  const nameOf = (index: number) => classes[index]?.name ?? '';
  return table(
    `Most frequent confusions`,
    [{ title: 'true class' }, { title: 'predicted' }, ...numeric('pictures', 'share of the class')],
    found.map(({ truth, predicted, count }) => [
      ...[nameOf(truth), nameOf(predicted), integer(count)],
      percent(count / (classes[truth]?.support ?? 1)),
    ]),
  );
}

/** Which classes are taken for which. */
export const confusionSection = (evaluation: SingleResults): Html =>
  section(
    'confusion',
    'Confusion matrix',
    evaluation.classes.length > LARGEST_MATRIX ? confusions(evaluation) : matrix(evaluation),
  );

/** Whether probabilities are right. */
export function reliabilitySection({ calibration, total }: SingleResults): Html {
  const { error, bins } = calibration;
  const used = bins.filter(({ images }) => images > 0);
  const numbers = table(
    'Predictions by the probability of the predicted class',
    [{ title: 'probability' }, ...numeric('pictures', 'mean probability', 'correct')],
    used.map(({ from, to, images, confidence, accuracy }) => [
      `${percent(from)} to ${percent(to)}`,
      ...[integer(images), share(confidence), share(accuracy)],
    ]),
  );
  return section(
    'reliability',
    'Reliability',
    html`<p>
      The expected calibration error is ${percent(error)} on ${integer(total)} pictures: the mean
      difference between the probability of predictions and the share of them that is correct. With
      few pictures it is above zero by chance alone.
    </p>`,
    html`<div class="charts">
      ${reliabilityChart(
        bins.map(({ from, to, accuracy }) => ({ from, to, height: accuracy })),
        `Reliability diagram: expected calibration error ${percent(error)}`,
      )}
    </div>`,
    details('The numbers', numbers),
  );
}
