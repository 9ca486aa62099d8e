import { float, int, join, message, text } from '../../src/export/savedmodel/wire';

const hex = (pieces: { pieces: readonly Uint8Array[] }) =>
  pieces.pieces.map((piece) => Buffer.from(piece).toString('hex')).join('');

describe('wire format', () => {
  // The examples of https://protobuf.dev/programming-guides/encoding, and int64 -1 of its section on integers.
  it.each([
    ['an integer', int(1, 150), '089601'],
    ['a zero', int(1, 0), '0800'],
    ['a negative integer', int(1, -1), `08${'ff'.repeat(9)}01`],
    ['a truth', int(5, true), '2801'],
    ['more than 32 bits', int(1, 2 ** 40), '08808080808020'],
    ['a text', text(2, 'testing'), '120774657374696e67'],
    ['a text beyond ASCII', text(2, 'é'), '1202c3a9'],
    ['a nested message', message(3, [int(1, 150)]), '1a03089601'],
    ['a float', float(4, 1), '250000803f'],
    ['a field beyond 15', int(16, 1), '800101'],
    ['nothing', join([]), ''],
  ])('has %s', (_, pieces, expected) => {
    expect(hex(pieces)).toBe(expected);
    expect(pieces.size).toBe(expected.length / 2);
  });

  it('copies nothing that is large', () => {
    const large = new Uint8Array(5000);
    const nested = message(1, [message(2, [{ size: large.length, pieces: [large] }])]);
    expect(nested.pieces).toContain(large);
    // Two tags, two lengths of two bytes.
    expect(nested.size).toBe(large.length + 2 * (1 + 2));
  });
});
