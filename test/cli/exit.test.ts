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
});
