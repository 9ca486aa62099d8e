/** Letters that can be drawn. Pictures bring them along, as a machine may have no fonts. */
const LETTERS = 'abcefghilmnoprst';
/** Each letter is five dots wide, and its two last rows are below the line. */
const ROWS: readonly string[] = [
  '..... #.... ..... ..... ..##. ..... #.... ..#.. .##.. ..... ..... ..... ..... ..... ..... .#...',
  '..... #.... ..... ..... .#... ..... #.... ..... ..#.. ..... ..... ..... ..... ..... ..... .#...',
  '.###. ####. .###. .###. ####. .#### ####. .##.. ..#.. ####. ####. .###. ####. #.##. .#### ####.',
  '....# #...# #.... #...# .#... #...# #...# ..#.. ..#.. #.#.# #...# #...# #...# ##..# #.... .#...',
  '.#### #...# #.... ##### .#... #...# #...# ..#.. ..#.. #.#.# #...# #...# #...# #.... .###. .#...',
  '#...# #...# #.... #.... .#... #...# #...# ..#.. ..#.. #.#.# #...# #...# #...# #.... ....# .#..#',
  '.#### ####. .###. .###. .#... .#### #...# .###. .###. #.#.# #...# .###. ####. #.... ####. ..##.',
  '..... ..... ..... ..... ..... ....# ..... ..... ..... ..... ..... ..... #.... ..... ..... .....',
  '..... ..... ..... ..... ..... .###. ..... ..... ..... ..... ..... ..... #.... ..... ..... .....',
];
const LETTER_WIDTH = 5;
/** From one letter to the next. */
const ADVANCE = LETTER_WIDTH + 1;

/** Height of letters in dots, without the rows below the line. */
export const LETTER_HEIGHT = 7;
/** Height of a line in dots. */
export const LINE_HEIGHT = ROWS.length;

/** Width of a text in dots. */
export const widthOf = (text: string): number => ADVANCE * text.length - 1;

/** The dots of a text, in `LETTERS` and spaces, as columns and rows from its upper left corner. */
export function dotsOf(text: string): (readonly [column: number, row: number])[] {
  return Array.from(text).flatMap((letter, i) => {
    if (letter === ' ') return [];
    const at = LETTERS.indexOf(letter) * ADVANCE;
    return ROWS.flatMap((row, y) =>
      Array.from(row.slice(at, at + LETTER_WIDTH)).flatMap((dot, x) =>
        dot === '#' ? [[i * ADVANCE + x, y] as const] : [],
      ),
    );
  });
}
