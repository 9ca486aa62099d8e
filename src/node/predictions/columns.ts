import type { ClassifiedFile } from '../../classifier/classified-file.js';
import { requireSeparable, SEPARATOR } from '../images/label-text.js';

export type Value = string | number | null;

/** A column of a table of predictions. */
export interface Column {
  readonly name: string;
  readonly type: 'STRING' | 'DOUBLE';
  /** Null where there is none: a rejected picture has no probability. */
  readonly of: (answer: ClassifiedFile) => Value;
}

export interface ColumnOptions {
  readonly classes: readonly string[];
  /** Whether pictures can have several labels. */
  readonly multiLabel: boolean;
  readonly familiarity: boolean;
  /** Whether each class has a column with its probability. */
  readonly allClasses: boolean;
}

/** Stands for a class where a picture is rejected. */
export const NONE = 'none';

/** The names of the classes that a picture shows: the most likely one, or all that are present. */
export const namesOf = ({ classes }: ClassifiedFile, multiLabel: boolean): readonly string[] =>
  (multiLabel ? classes.filter(({ present }) => present) : classes.slice(0, 1)).map(
    ({ className }) => className,
  );

/** @throws ArgumentError if a name of several labels contains their separator */
export function columnsOf(options: ColumnOptions): readonly Column[] {
  const { classes, multiLabel, familiarity, allClasses } = options;
  if (multiLabel) requireSeparable('out', classes, 'write a .json file');
  const one: readonly Column[] = [
    { name: 'class', type: 'STRING', of: (answer) => namesOf(answer, false)[0] ?? NONE },
    { name: 'probability', type: 'DOUBLE', of: (answer) => answer.classes[0]?.probability ?? null },
  ];
  const several: readonly Column[] = [
    { name: 'classes', type: 'STRING', of: (answer) => namesOf(answer, true).join(SEPARATOR) },
  ];
  return [
    { name: 'path', type: 'STRING', of: ({ path }) => path },
    ...(multiLabel ? several : one),
    ...(familiarity
      ? [{ name: 'familiarity', type: 'DOUBLE' as const, of: familiarityOf } satisfies Column]
      : []),
    ...(allClasses ? classes.map(probabilityOf) : []),
  ];
}

const familiarityOf = ({ familiarity }: ClassifiedFile): Value => familiarity ?? null;

const probabilityOf = (name: string): Column => ({
  name: `p:${name}`,
  type: 'DOUBLE',
  of: ({ classes }) => classes.find(({ className }) => className === name)?.probability ?? null,
});
