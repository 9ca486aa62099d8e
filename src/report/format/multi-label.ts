import type { MultiLabelScores } from '../../explain/multi-label.js';
import { integer, percent } from '../../numbers.js';
import { percentOrDash } from './confusion.js';
import type { Report } from './report.js';

/** A table with a row for each class and, below them, the means. */
export function reportMultiLabel(scores: MultiLabelScores): Report {
  const { classes, macro, micro, meanAveragePrecision, accuracy, total } = scores;
  const cells = ({ precision, recall, f1 }: MultiLabelScores['macro']) =>
    [precision, recall, f1].map(percentOrDash);
  return {
    tables: [
      {
        columns: [
          { title: 'class' },
          { title: 'images', align: 'r' },
          { title: 'threshold', align: 'r', dispensable: 2 },
          { title: 'predicted', align: 'r', dispensable: 1 },
          { title: 'average precision', align: 'r' },
          { title: 'precision', align: 'r' },
          { title: 'recall', align: 'r' },
          { title: 'F1', align: 'r' },
        ],
        rows: [
          ...classes.map(({ name, support, threshold, predicted, averagePrecision, ...own }) => [
            ...[name, integer(support), percent(threshold), integer(predicted)],
            ...[percentOrDash(averagePrecision), ...cells(own)],
          ]),
          [
            'mean of classes (macro)',
            '',
            '',
            '',
            percentOrDash(meanAveragePrecision),
            ...cells(macro),
          ],
          ['all labels (micro)', '', '', '', '', ...cells(micro)],
        ],
      },
    ],
    notes: [
      `Mean average precision (mAP): ${percentOrDash(meanAveragePrecision)} on ${integer(total)} images.`,
      `All labels right (subset accuracy): ${percent(accuracy)}.`,
    ],
  };
}
