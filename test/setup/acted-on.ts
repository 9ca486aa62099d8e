/** Code points that a terminal acts on, or that turn what follows them; the end of a line is ours. */
const RANGES = [
  [0x00, 0x09],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
] as const;

/** What of a text a terminal would act on, as hexadecimal numbers. */
export const actedOn = (text: string): string[] =>
  Array.from(text)
    .map((character) => character.codePointAt(0) ?? 0)
    .filter((code) => RANGES.some(([from, to]) => code >= from && code <= to))
    .map((code) => code.toString(16));
