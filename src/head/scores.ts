import { reject, showList } from '../errors.js';
import type { Shape } from '../layers/factory.js';
import { createTracer } from '../layers/trace.js';
import type { Head } from './head.js';

/** Number of class names that an error lists. */
const MOST_NAMES = 3;

/**
 * Checks that a head has a score for each class, from shapes alone.
 *
 * @throws ArgumentError if it has fewer or more
 */
export function requireScores(head: Head, featureShape: Shape, classes: readonly string[]): void {
  const { input, layers } = createTracer();
  const features = input({ name: 'features', shape: featureShape });
  const output = head.apply(layers, features) as Partial<typeof features> | undefined;
  if (output?.shape === undefined) {
    reject(`head "${head.name}"`, 'apply() to return the output of its last layer', output);
  }
  const scores = output.shape.at(-1) ?? 0;
  // A single score tells two classes apart.
  if (Math.max(2, scores) === classes.length) return;
  reject(
    `head "${head.name}"`,
    `a score for each of ${classes.length} classes (${showList(classes, MOST_NAMES)})`,
    scores,
    `build it with numClasses: ${classes.length}`,
  );
}
