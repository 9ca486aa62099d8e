import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** What imports what, by name. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** The files below a folder, and what each imports of them: values and types, at once and on demand. */
export function importsIn(folder: string): Graph {
  const graph = new Map<string, Set<string>>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.ts')) continue;
    const { importedFiles } = ts.preProcessFile(
      readFileSync(join(folder, file), 'utf8'),
      true,
      true,
    );
    const own = importedFiles
      .filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => normalize(join(dirname(file), fileName)).replace(/\.js$/, '.ts'));
    graph.set(file, new Set(own.filter((name) => !name.startsWith('..'))));
  }
  return graph;
}

/** The graph of groups of names: by `groupOf`, and without arrows from a group to itself. */
export function grouped(graph: Graph, groupOf: (name: string) => string): Graph {
  const groups = new Map<string, Set<string>>();
  for (const [name, targets] of graph) {
    const from = groupOf(name);
    const all = groups.get(from) ?? new Set();
    groups.set(from, all);
    for (const to of targets) if (groupOf(to) !== from) all.add(groupOf(to));
  }
  return groups;
}

/** A way that ends where it began, for each name from which a search runs into one. */
export function circlesIn(graph: Graph): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): void => {
    const begin = way.indexOf(name);
    if (begin >= 0) circles.push([...way.slice(begin), name]);
    if (begin >= 0 || done.has(name)) return;
    for (const target of graph.get(name) ?? []) visit(target, [...way, name]);
    done.add(name);
  };
  for (const name of graph.keys()) visit(name, []);
  return circles;
}
