import { ArgumentError } from '../../src/errors';
import { explainExit } from '../../src/cli/exit';

const told = (code: string) =>
  new ArgumentError('out: expected a folder that can be written', {
    cause: Object.assign(new Error(code), { code, syscall: 'write' }),
  });

describe('the exit code', () => {
  it.each([
    ['ENOSPC', 1],
    ['EROFS', 1],
    ['ENOENT', 2],
    ['ENOTDIR', 2],
  ])('tells a full or broken disk from a wrong path: %s', (code, expected) => {
    expect(explainExit(told(code)).code).toBe(expected);
  });

  it.each([
    ['memory access out of bounds', 1, /^backend wasm: expected enough memory, got "memory access/],
    ['Aborted(). Build with -sASSERTIONS for more info.', 1, /smaller input, head or batch/],
    ['unreachable', 3, /^unexpected RuntimeError: unreachable; this is a bug/],
  ])('tells a full memory of WebAssembly from a bug: %s', (message, code, text) => {
    const found = explainExit(new WebAssembly.RuntimeError(message));
    expect(found.code).toBe(code);
    expect(found.text).toMatch(text);
  });
});
