import type { LabelledPicture } from 'resnet-heads';
import type { NamedPictures } from './classes.js';

/** The pictures that a classifier is trained on, and those that are held out. */
export interface Lesson {
  readonly train: readonly LabelledPicture[];
  readonly held: readonly LabelledPicture[];
  /** The classes as they were in training. */
  readonly classes: readonly NamedPictures[];
}

/** A classifier has none if it was opened from files, or if its pictures have changed since it was trained. */
export type NoLesson = 'opened' | 'changed';

/** One picture in five is held out, unless a class has fewer than five. */
const [ONE_IN, ENOUGH] = [5, 5];

export function lessonOf(classes: readonly NamedPictures[]): Lesson {
  const holdsOut = classes.every(({ pictures }) => pictures.length >= ENOUGH);
  // From the middle of each five, so that of eight pictures two are held out.
  const isHeld = (index: number) => holdsOut && index % ONE_IN === Math.floor(ONE_IN / 2);
  const pick = (held: boolean): LabelledPicture[] =>
    classes.flatMap(({ name, pictures }) =>
      pictures
        .filter((_, index) => isHeld(index) === held)
        .map(({ canvas }) => ({ picture: canvas, label: name })),
    );
  return {
    ...{ train: pick(false), held: pick(true) },
    classes: classes.map(({ name, pictures }) => ({ name, pictures })),
  };
}
