import type { Calibration } from '../../explain/calibration.js';
import { integer, percent } from '../../numbers.js';
import type { Report } from './report.js';

/** Says how well probabilities agree with how often predictions are right. */
export const describeCalibration = ({ error }: Calibration): string =>
  `Expected calibration error: ${percent(error)}.`;

/** Reports a reliability diagram as a table, without its empty bins. */
export function reportCalibration(calibration: Calibration): Report {
  const known = calibration.bins.flatMap(({ from, to, images, confidence, accuracy }) =>
    confidence === null || accuracy === null
      ? []
      : [
          [
            `${percent(from)}–${percent(to)}`,
            integer(images),
            percent(confidence),
            percent(accuracy),
          ],
        ],
  );
  return {
    tables: [
      {
        columns: [
          { title: 'probability', align: 'r' },
          { title: 'images', align: 'r' },
          { title: 'mean probability', align: 'r' },
          { title: 'correct', align: 'r' },
        ],
        rows: known,
      },
    ],
    notes: [describeCalibration(calibration)],
  };
}
