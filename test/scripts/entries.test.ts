import { exports as entries, main, module, types } from '../../package.json';

/** What a resolver with these conditions takes, as Node and bundlers look them up: the first that holds. */
function resolved(target: unknown, conditions: readonly string[]): string | undefined {
  if (typeof target === 'string') return target;
  for (const [condition, inner] of Object.entries(target as object)) {
    if (condition !== 'default' && !conditions.includes(condition)) continue;
    const found = resolved(inner, conditions);
    if (found !== undefined) return found;
  }
  return undefined;
}

const entry = (...conditions: string[]) => resolved(entries['.'], conditions);

describe('the entries of the package', () => {
  it('are those for Node in Node alone', () => {
    expect(entry('node', 'import')).toBe('./dist/node.js');
    expect(entry('node', 'require')).toBe('./dist/node.cjs');
    for (const conditions of [[], ['browser'], ['worker'], ['deno'], ['module', 'browser']]) {
      expect(entry('import', ...conditions)).toBe('./dist/index.js');
      expect(entry('require', ...conditions)).toBe('./dist/index.cjs');
    }
    // Of what knows no conditions, Node reads main and bundlers read module.
    expect([main, module]).toEqual(['./dist/node.cjs', './dist/index.js']);
  });

  it('have the same types wherever they run', () => {
    for (const conditions of [[], ['node']]) {
      expect(entry('types', 'import', ...conditions)).toBe('./dist/index.d.ts');
      expect(entry('types', 'require', ...conditions)).toBe('./dist/index.d.cts');
    }
    expect(types).toBe('./dist/index.d.cts');
  });

  it('are no more than they were', () => {
    expect(Object.keys(entries)).toEqual(['.', './plan', './schemas/*.json', './package.json']);
    expect(resolved(entries['./plan'], ['node', 'import'])).toBe('./dist/plan.js');
  });
});
