import fc from 'fast-check';
import {
  assemble,
  bytes,
  fixed32,
  float,
  inPieces,
  integer,
  lengthOf,
  MAX_BYTES,
  message,
  type Message,
  text,
} from '../../src/export/protobuf';
import { messageOf } from '../setup/memory';
import { readProtobuf } from '../setup/read-protobuf';

const hex = (message: Message) =>
  [...inPieces(message)].map((piece) => Buffer.from(piece).toString('hex')).join('');

describe('protobuf', () => {
  // The examples of https://protobuf.dev/programming-guides/encoding, and int64 -1 of its section on integers.
  it.each([
    ['an integer', integer(1, 150), '089601'],
    ['a zero', integer(1, 0), '0800'],
    ['a negative integer', integer(1, -1), `08${'ff'.repeat(9)}01`],
    ['a truth', integer(5, true), '2801'],
    ['more than 32 bits', integer(1, 2 ** 40), '08808080808020'],
    ['a text', text(2, 'testing'), '120774657374696e67'],
    ['a text beyond ASCII', text(2, 'é'), '1202c3a9'],
    ['a nested message', message(3, integer(1, 150)), '1a03089601'],
    ['a float', float(4, 1), '250000803f'],
    ['an unsigned integer of four bytes', fixed32(6, 0xffffffff), '35ffffffff'],
    ['a field beyond 15', integer(16, 1), '800101'],
    ['nothing', [], ''],
  ])('has %s', (_, written, expected) => {
    expect(hex(written)).toBe(expected);
    expect(lengthOf(written)).toBe(expected.length / 2);
  });

  it('comes in pieces, of which nothing that is large is a copy', () => {
    const large = new Uint8Array(5000);
    const nested = [...message(1, bytes(2, large)), ...text(3, 'end')];
    const pieces = [...inPieces(nested)];
    expect(pieces[1]).toBe(large);
    // Two tags, two lengths of two bytes.
    expect(pieces.map(({ length }) => length)).toEqual([2 * (1 + 2), large.length, 5]);
    expect(lengthOf(nested)).toBe(large.length + 2 * (1 + 2) + 5);
    expect(Buffer.concat(pieces).equals(assemble('m', nested))).toBe(true);
  });

  it('writes what the encoding guide shows', () => {
    // https://protobuf.dev/programming-guides/encoding/: 150, "testing", and 150 as a message in field 3.
    const written = assemble('m', [
      ...integer(1, 150),
      ...text(2, 'testing'),
      ...message(3, integer(1, 150)),
    ]);
    expect(Buffer.from(written).toString('hex')).toBe(
      '089601' + '120774657374696e67' + '1a03089601',
    );
  });

  it('writes any integer, a negative one as 64 bits', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 2 ** 20 }), (value, field) => {
        expect(readProtobuf(assemble('m', integer(field, value)))).toEqual(
          new Map([[field, [value]]]),
        );
      }),
    );
    expect(assemble('m', integer(1, -1))).toHaveLength(11);
  });

  it('writes floats, and texts in UTF-8', () => {
    const fields = readProtobuf(assemble('m', [...float(4, 0.1), ...text(16, 'כלב')]));
    expect(fields.get(4)).toEqual([Math.fround(0.1)]);
    expect(fields.get(16)).toEqual([new TextEncoder().encode('כלב')]);
  });

  it('has deferred bytes written where they go', () => {
    const written = assemble('m', [
      ...text(1, 'a'),
      ...bytes(2, {
        byteLength: 2,
        write: (into) => {
          into.set([1, 2]);
        },
      }),
      ...text(3, 'b'),
    ]);
    expect(readProtobuf(written).get(2)).toEqual([Uint8Array.of(1, 2)]);
    expect(readProtobuf(written).get(3)).toEqual([Uint8Array.of('b'.charCodeAt(0))]);
  });

  it('refuses more than 2 GB before it writes any of it', () => {
    const write = jest.fn();
    const large = bytes(1, { byteLength: MAX_BYTES - 5, write });
    expect(messageOf(() => assemble('model', large))).toBe(
      'ArgumentError: model: expected at most 2147483647 bytes, the limit of a protobuf file, got "2.15 GB"; ' +
        'use a smaller input or fewer hidden units',
    );
    expect(write).not.toHaveBeenCalled();
  });
});
