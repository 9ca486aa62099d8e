import { loadPackage } from '../../src/node/load-package';

const thrown = (value: unknown) =>
  loadPackage('a-package', () => Promise.reject(value as Error), 'do this');

describe('loadPackage', () => {
  it('tells a package that is missing from one that fails to load', async () => {
    const missing = Object.assign(new Error("Cannot find package 'a-package' imported from x"), {
      code: 'ERR_MODULE_NOT_FOUND',
    });
    await expect(thrown(missing)).rejects.toMatchObject({
      name: 'PackageError',
      message: 'a-package: expected it to be installed, got none; do this',
    });
    const inner = Object.assign(new Error("Cannot find module 'another'\nRequire stack"), {
      code: 'MODULE_NOT_FOUND',
    });
    await expect(thrown(inner)).rejects.toThrow(
      "a-package: expected it to load, got Cannot find module 'another'; do this",
    );
  });

  it.each([
    ['GLIBC_2.28 not found', 'GLIBC_2.28 not found'],
    [null, 'null'],
    [new Error('  no adapter\n at x'), 'no adapter'],
  ])('takes whatever is thrown: %p', async (value, got) => {
    await expect(thrown(value)).rejects.toMatchObject({
      name: 'PackageError',
      message: `a-package: expected it to load, got ${got}; do this`,
    });
  });
});
