import fc from 'fast-check';
import { halfToFloat } from '../../../src/weights/formats/half';
import { parseSafetensors } from '../../../src/weights/formats/safetensors';
import { writeSafetensors } from '../../../src/weights/formats/write-safetensors';
import { messageOf } from '../../setup/memory';

/** A file with this header and this many bytes of data; `length` lies about the header's. */
function craft(header: unknown, data: Uint8Array | number = 0, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === 'string' ? header : JSON.stringify(header),
  );
  const payload = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + payload.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(payload, 8 + text.length);
  return bytes;
}

const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const DAMAGED = 'the file is damaged, or not safetensors';

describe('parseSafetensors accepts', () => {
  it('a file without tensors, and metadata', () => {
    const metadata = { format: 'pt' };
    const expected = { format: 'safetensors', arrays: [], skipped: [] };
    expect(parseSafetensors(craft({ __metadata__: metadata }))).toEqual({ ...expected, metadata });
    expect(parseSafetensors(writeSafetensors([], metadata))).toEqual({ ...expected, metadata });
    // Texts are all that it may be.
    expect(parseSafetensors(craft({ __metadata__: { format: 1 } }))).toEqual(expected);
  });

  it('a scalar, an empty tensor, and tensors in any order', () => {
    const data = new Uint8Array(new Float32Array([1, 2, 3]).buffer);
    const header = {
      b: entry('F32', [2], 4, 12),
      none: entry('F32', [0, 3], 4, 4),
      a: entry('F32', [], 0, 4),
    };
    const { arrays } = parseSafetensors(craft(header, data));
    expect(arrays.map(({ name, shape, data: values }) => [name, shape, [...values]])).toEqual([
      ['b', [2], [2, 3]],
      ['none', [0, 3], []],
      ['a', [], [1]],
    ]);
  });

  it('F16 and BF16, exactly', () => {
    const bits = [0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555, 0x7c00];
    const header = { half: entry('F16', [8], 0, 16), brain: entry('BF16', [2], 16, 20) };
    const data = new Uint8Array(new Uint16Array([...bits, 0x3f80, 0xc049]).buffer);
    const [half, brain] = parseSafetensors(craft(header, data)).arrays;
    // By IEEE 754: largest half 65504, smallest 2^-24, a third rounded.
    expect([...half!.data]).toEqual([0, -0, 1, -2, 65504, 2 ** -24, 0.333251953125, Infinity]);
    expect([...brain!.data]).toEqual([1, -3.140625]);
    expect(halfToFloat(Uint16Array.of(0x7e00))[0]).toBeNaN();
  });

  it('integers, which it sets aside', () => {
    const header = { counter: entry('I64', [], 0, 8), x: entry('F32', [1], 8, 12) };
    const { arrays, skipped } = parseSafetensors(craft(header, 12));
    expect([arrays.map(({ name }) => name), skipped]).toEqual([['x'], ['counter']]);
  });

  it('data at any alignment', () => {
    const bytes = writeSafetensors([{ name: 'x', shape: [2], data: Float32Array.of(1.5, -2) }]);
    for (const shift of [0, 1, 2, 3]) {
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      expect([...parseSafetensors(moved).arrays[0]!.data]).toEqual([1.5, -2]);
    }
  });
});

describe('parseSafetensors rejects', () => {
  const x = entry('F32', [1], 0, 4);
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'expected 8 bytes or more, got 0'],
    [
      'a header longer than the file',
      craft({}, 0, 3n),
      'expected a header of at most 2 bytes, got 3',
    ],
    [
      'a header longer than memory',
      craft({}, 0, 2n ** 63n),
      'expected a header of at most 2 bytes, got 9223372036854776000',
    ],
    ['a header that is no JSON', craft('{'), 'expected a JSON header, got something else'],
    [
      'a header that is no text',
      craft(String.fromCharCode(0xd800)),
      'expected a JSON header, got something else',
    ],
    ['a list', craft([]), 'expected a header that is a JSON object, got something else'],
    [
      'an unknown dtype',
      craft({ x: entry('F12', [1], 0, 4) }, 4),
      '"x" expected a known dtype, got "F12"',
    ],
    [
      "an object's own property as a dtype",
      craft({ x: entry('constructor', [1], 0, 4) }, 4),
      '"x" expected a known dtype, got "constructor"',
    ],
    ['no entry', craft({ x: null }), '"x" expected a known dtype, got undefined'],
    [
      'a negative size',
      craft({ x: entry('F32', [-1], 0, 4) }, 4),
      '"x" expected a shape of up to 6 sizes, got [-1]',
    ],
    [
      'a shape without end',
      craft({ x: entry('F32', [1, 1, 1, 1, 1, 1, 1], 0, 4) }, 4),
      '"x" expected a shape of up to 6 sizes, got [1, 1, 1, 1, 1, 1, 1]',
    ],
    [
      'one offset',
      craft({ x: { ...x, data_offsets: [0] } }, 4),
      '"x" expected two data_offsets, got [0]',
    ],
    [
      'a shape that does not fill its bytes',
      craft({ x: entry('F32', [2], 0, 4) }, 4),
      '"x" expected 8 bytes within data of 4, got 0 to 4',
    ],
    [
      'offsets beyond the file',
      craft({ x: entry('F32', [2], 0, 8) }, 4),
      '"x" expected 8 bytes within data of 4, got 0 to 8',
    ],
    [
      'sizes whose product overflows',
      craft({ x: entry('F32', [2 ** 40, 2 ** 40], 0, 4) }, 4),
      '"x" expected 4.835703278458517e+24 bytes within data of 4, got 0 to 4',
    ],
    ['tensors that overlap', craft({ x, y: x }, 4), '"y" expected to begin at 4, got 0'],
    ['a gap', craft({ x, y: entry('F32', [1], 8, 12) }, 12), '"y" expected to begin at 4, got 8'],
    ['data that no tensor owns', craft({ x }, 8), 'expected 4 bytes of data, got 8'],
  ])('%s', (_, bytes, what) => {
    expect(messageOf(() => parseSafetensors(bytes))).toBe(
      `WeightsError: safetensors: ${what}; ${DAMAGED}`,
    );
  });
});

describe('safetensors', () => {
  const arrays = fc.uniqueArray(
    fc.record({
      name: fc
        .string({ minLength: 1 })
        .filter((name) => !['__metadata__', '__proto__'].includes(name)),
      data: fc.float32Array({ maxLength: 20 }),
    }),
    { selector: ({ name }) => name, maxLength: 8 },
  );

  it('come back bit for bit as they were written', () => {
    fc.assert(
      fc.property(arrays, (list) => {
        const given = list.map(({ name, data }) => ({ name, shape: [data.length], data }));
        const back = new Map(
          parseSafetensors(writeSafetensors(given)).arrays.map((a) => [a.name, a]),
        );
        expect(back.size).toBe(given.length);
        for (const { name, data } of given) {
          const bits = ({ buffer, byteOffset, length }: Float32Array) => [
            ...new Uint32Array(buffer.slice(byteOffset, byteOffset + 4 * length)),
          ];
          expect(bits(back.get(name)!.data)).toEqual(bits(data));
        }
      }),
    );
  });

  it('survive any damage with an error of ours, or none', () => {
    const whole = writeSafetensors([
      { name: 'a', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      { name: 'b', shape: [3], data: Float32Array.of(5, 6, 7) },
    ]);
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(damage, fc.nat(whole.length), (writes, cut) => {
        const bytes = whole.slice(0, cut === 0 ? whole.length : cut);
        for (const [at, value] of writes) if (at < bytes.length) bytes[at] = value;
        expect(messageOf(() => parseSafetensors(bytes))).toMatch(
          /^WeightsError: safetensors: |^nothing was thrown$/,
        );
      }),
      { numRuns: 1000 },
    );
  });
});
