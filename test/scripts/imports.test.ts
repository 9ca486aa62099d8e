import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { circlesIn, type Graph, grouped, importsIn } from '../../scripts/docs/imports';

const graph = (arrows: Readonly<Record<string, readonly string[]>>): Graph =>
  new Map(Object.entries(arrows).map(([from, to]) => [from, new Set(to)]));

describe('importsIn', () => {
  it('reads types and what is loaded on demand, and leaves out packages and other folders', () => {
    const folder = mkdtempSync(join(tmpdir(), 'imports-'));
    writeFileSync(
      join(folder, 'a.ts'),
      [
        `import type { B } from './b.js';`,
        `export type { C } from './c.js';`,
        `import ts from 'typescript';`,
        `import { d } from '../d.js';`,
        `export const later = () => import('./e.js');`,
      ].join('\n'),
    );
    expect(importsIn(folder)).toEqual(graph({ 'a.ts': ['b.ts', 'c.ts', 'e.ts'] }));
  });
});

describe('circlesIn', () => {
  it('finds none where two ways lead to the same place', () => {
    expect(circlesIn(graph({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toEqual([]);
  });

  it('names the circle without the way that leads to it', () => {
    expect(circlesIn(graph({ a: ['b'], b: ['c'], c: ['d'], d: ['b'] }))).toEqual([
      ['b', 'c', 'd', 'b'],
    ]);
  });

  it('finds a circle between folders of which no file is in one', () => {
    const files = graph({ 'x/a': ['y/b'], 'y/b': [], 'y/c': ['x/d'], 'x/d': [] });
    expect(circlesIn(files)).toEqual([]);
    expect(circlesIn(grouped(files, (name) => name.slice(0, 1)))).toEqual([['x', 'y', 'x']]);
  });
});
