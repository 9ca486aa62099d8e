import { version } from '../../package.json';
import type { Totals } from '../analyze/stats.js';
import { integer, megabytes, percent } from '../numbers.js';
import { intervalOf } from '../explain/interval.js';
import { changesSection } from './changes.js';
import { isSingle, type ReportData } from './data.js';
import { describeMeasured } from './measured.js';
import { GENERATOR } from './generator.js';
import { details, html, type Html, section, table } from './html.js';
import { duplicatesSection, picturesSection } from './pictures.js';
import { classesSection, confusionSection, reliabilitySection } from './results.js';
import { STYLE } from './style.js';
import { trainingSection } from './training.js';

const tile = (name: string, value: string, note?: string): Html =>
  html`<div>
    <dt>${name}</dt>
    <dd>${value}${note === undefined ? undefined : html`<small>${note}</small>`}</dd>
  </div>`;

function tiles({ evaluation, training, costs }: ReportData): Html {
  const { total, accuracy } = evaluation;
  const [low, high] = intervalOf(Math.round(accuracy * total), total);
  return html` <dl class="tiles">
    ${tile(
      isSingle(evaluation) ? 'Accuracy' : 'Accuracy (all labels right)',
      percent(accuracy),
      `95 % interval ${percent(low)} to ${percent(high)}, ${integer(total)} pictures`,
    )}
    ${isSingle(evaluation) ? tile('Calibration error', percent(evaluation.calibration.error), 'expected; 0 is best') : tile('Mean average precision', evaluation.meanAveragePrecision === null ? '—' : percent(evaluation.meanAveragePrecision))}
    ${training ? tile('Training accuracy', percent(training.accuracy), `${integer(training.pictures.train)} pictures`) : undefined}
    ${costs ? tile('Size', megabytes(costs.weightBytes), `${integer(costs.params)} parameters`) : undefined}
  </dl>`;
}

const costsSection = ({ params, macs, weightBytes, activationBytes }: Totals): Html =>
  section(
    'costs',
    'Costs',
    table(
      'Of the whole classifier, for one picture',
      [{ title: 'cost' }, { title: 'amount', numeric: true }],
      [
        ['parameters', integer(params)],
        ['multiply–accumulates', integer(macs)],
        ['weights', megabytes(weightBytes)],
        ['outputs of all layers, not all held at once', megabytes(activationBytes)],
      ],
    ),
  );

const repeatSection = ({ command, facts }: ReportData): Html =>
  section(
    'repeat',
    'How it was made',
    command === undefined ? undefined : html`<pre>${command}</pre>`,
    details(
      'Settings and versions',
      table(
        'Settings and versions',
        [{ title: 'name' }, { title: 'value' }],
        Object.entries(facts).map((each) => [...each]),
      ),
    ),
  );

/** Writes a report as one HTML file, without scripts, which loads nothing. */
export function reportPage(data: ReportData): string {
  const { title, date, evaluation, counts, training, costs } = data;
  const single = isSingle(evaluation) ? evaluation : undefined;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="${GENERATOR} ${version}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>`;
  const body = html`</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="soft">${date.toISOString().slice(0, 16).replace('T', ' ')} UTC</p>
</header>
<main>
${tiles(data)}
<p>${describeMeasured(evaluation)}</p>
${classesSection(evaluation, counts)}
${training?.changes && changesSection(training.changes)}
${training ? trainingSection(training) : undefined}
${single && confusionSection(single)}
${single && reliabilitySection(single)}
${single && picturesSection(data)}
${duplicatesSection(data.nearDuplicates, training?.duplicates)}
${costs && costsSection(costs)}
${repeatSection(data)}
</main>
</body>
</html>
`;
  return page.text + STYLE + body.text;
}
