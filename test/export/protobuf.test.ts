import fc from 'fast-check';
import {
  assemble,
  bytes,
  float,
  integer,
  MAX_BYTES,
  message,
  text,
} from '../../src/export/protobuf';
import { messageOf } from '../setup/memory';
import { readProtobuf } from '../setup/read-protobuf';

describe('protobuf', () => {
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
      'ArgumentError: model: expected at most 2147483647 bytes, as much as one protobuf file holds, got "2.15 GB"; ' +
        'take a smaller input or fewer hidden units',
    );
    expect(write).not.toHaveBeenCalled();
  });
});
