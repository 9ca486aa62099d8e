import fc from 'fast-check';
import { drawTable } from '../src/report/format/table';
import { reject } from '../src/errors';
import { printable, printableLines } from '../src/printable';
import { actedOn } from './setup/acted-on';
import { messageOf } from './setup/memory';

describe('printable', () => {
  it.each([
    ['cat', 'cat'],
    ['Straßenköter, 猫, 👩‍👩‍👧, می‌خواهم', 'Straßenköter, 猫, 👩‍👩‍👧, می‌خواهم'],
    ['a\u001b[2Jb', 'a\\u001b[2Jb'],
    ['a\nb\r\tc', 'a\\nb\\r\\tc'],
    ['\u009b31m', '\\u009b31m'],
    ['gpj.\u202exe\u2066y', 'gpj.\\u202exe\\u2066y'],
    ['\u2028\u2029\u007f', '\\u2028\\u2029\\u007f'],
    ['\ud800x', '\\ud800x'],
  ])('shows %j as %j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('leaves no character that a terminal acts on, and means the same in JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(actedOn(printable(text))).toEqual([]);
        expect(printable(text)).not.toContain('\n');
        expect(JSON.parse(printableLines(JSON.stringify([text], null, 2)))).toEqual([text]);
      }),
    );
  });
});

const NAME = 'cat\u001b[31m\ndog | 99 %\u202e';

describe('what shows names', () => {
  it.each(['text', 'markdown'] as const)('a table as %s has a line for each row', (as) => {
    const columns = [{ title: `class ${NAME}` }, { title: 'n' }];
    const drawn = drawTable({ columns, rows: [[NAME, '1']] }, as);
    expect(drawn.split('\n')).toHaveLength(3);
    expect(drawn).toContain('cat\\u001b[31m\\ndog');
  });

  it('a bar in a name is no border of a Markdown table', () => {
    const drawn = drawTable({ columns: [{ title: 'class' }], rows: [['a|b']] }, 'markdown');
    expect(drawn.split('\n').at(-1)).toBe('| a\\|b  |');
  });

  it('a table has room for many rows', () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => [String(i)]);
    expect(drawTable({ columns: [{ title: 'array' }], rows }, 'text').split('\n')).toHaveLength(
      200_002,
    );
  });

  it('an error shows a value in one line', () => {
    expect(messageOf(() => reject('name', 'another', NAME))).toBe(
      'ArgumentError: name: expected another, got "cat\\u001b[31m\\ndog | 99 %\\u202e"',
    );
  });
});
