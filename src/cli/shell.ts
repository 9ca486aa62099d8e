/** A text as one word for a shell. */
export const shellWord = (text: string): string =>
  /^[\w./~:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A path as one word for a shell, which doesn't begin as an option does. */
export const quotedPath = (given: string): string =>
  shellWord(given.startsWith('-') ? `./${given}` : given);
