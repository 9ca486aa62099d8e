/**
 * What a terminal would act on, or show in another place than it stands: control characters (escape sequences
 * begin with one), line and paragraph separators, marks that turn the direction of text, halves of surrogate
 * pairs. Joiners stay, which emoji and Persian need.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escape = (character: string): string =>
  SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * A name as it is shown in one line, whatever is in it: `a\u001b[2J`. In JSON the same escapes mean what they
 * stand for.
 */
export const printable = (text: string): string => text.replaceAll(UNPRINTABLE, escape);

/** Lines of our own, each as {@link printable}. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');
