/** A picture file and its class. */
export interface NamedFile {
  readonly name: string;
  readonly label: number;
}

/** Persons whose pictures are kept together. */
const PERSONS = 5;

/**
 * The block of each file, so that a person's pictures are in one. Each person signed the digits 0 to 9 in turn, in files whose numbers
 * follow each other: another person begins where the digit doesn't rise.
 */
export function blocksOfPersons(files: readonly NamedFile[]): number[] {
  const numberOf = ({ name }: NamedFile) => Number(/\d+/.exec(name)?.[0]);
  const order = [...files.keys()].sort((a, b) => {
    const [first, second] = [files[a], files[b]];
    return first && second ? numberOf(first) - numberOf(second) : 0;
  });
  const blocks: number[] = [];
  let [persons, last] = [0, -1];
  for (const index of order) {
    const label = files[index]?.label ?? 0;
    if (label <= last) persons++;
    last = label;
    blocks[index] = Math.floor(persons / PERSONS);
  }
  return blocks;
}
