/**
 * Characters that could change a terminal's state or the place of other text: control characters, which begin escape
 * sequences, line and paragraph separators, bidirectional marks, and unpaired surrogates. Joiners are allowed: emoji and
 * Persian need them.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escape = (character: string): string =>
  SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * Escapes control characters, so that a name is safe to print and stays on one line: `a\u001b[2J`. The escapes are those of
 * JSON.
 */
export const printable = (text: string): string => text.replaceAll(UNPRINTABLE, escape);

/** Applies {@link printable} to each line of a text. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

/** The first line of what was thrown, which code of others may not make an `Error`. */
export const firstLineOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).trim().split('\n', 1)[0] ?? '';
