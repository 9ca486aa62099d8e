/**
 * Reads every file that `npm pack` would publish, and fails where
 *
 * - one names a folder of the machine that built it, the package's own or the user's home;
 * - package.json names an entry that isn't among them;
 * - a page in Markdown has a relative link, or a picture, that isn't among them, or a link to a heading that isn't there;
 * - one is a source map, or names one;
 * - all but the embedded backbone take more than 1.05 MB packed.
 *
 *     tsx scripts/package/check-tarball.ts [FOLDER OF THE PACKAGE]
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, normalize, parse, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { anchorsIn, linksIn } from '../docs/links.js';

/** Of everything but the backbone: the package is downloaded by people who use one function of it. */
const MAX_BYTES = 1.05e6;
/** resnet-mini's weights: a module of base64, which is loaded on demand. */
const BACKBONE = 'dist/resnet-mini-weights.cjs';

const root = realpathSync(process.argv[2] ?? '.');
const said = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
interface Packed {
  readonly files: readonly { readonly path: string }[];
  /** In bytes, packed. */
  readonly size: number;
}
const [packed] = JSON.parse(said) as [Packed];
const files = packed.files.map(({ path }) => path);
const isPacked = new Set(files);
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** The home of a user who has none is the root of all paths. */
const folders = [root, homedir()].filter((folder) => folder !== parse(folder).root);

/** Whether a path within a folder stands in a text. `example.com/app/` is none within `/app`. */
const names = (text: string, folder: string) =>
  text
    .split(folder + sep)
    .slice(0, -1)
    .some((before) => !/[\w.-]$/.test(before));

function foldersIn(file: string): string[] {
  const text = read(file);
  return folders
    .filter((folder) => names(text, folder))
    .map((folder) => `${file}: names a path in ${folder}`);
}

/** Every path of a file in a part of package.json; patterns stand for many. */
function pathsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.includes('*') ? [] : [value];
  return Object.values(value ?? {}).flatMap(pathsIn);
}

function missingEntries(): string[] {
  const manifest = JSON.parse(read('package.json')) as Record<string, unknown>;
  const fields = ['main', 'module', 'types', 'bin', 'exports', 'typesVersions'];
  const entries = new Set(fields.flatMap((field) => pathsIn(manifest[field])));
  return [...entries]
    .filter((entry) => !isPacked.has(normalize(entry).replaceAll(sep, '/')))
    .map((entry) => `package.json: names ${entry}, which is not in the tarball`);
}

function deadLinks(page: string): string[] {
  return linksIn(page, read(page)).flatMap(({ link, target, anchor }) => {
    if (!isPacked.has(target)) return [`${page}: ${link} is not in the tarball`];
    if (anchor === '' || !target.endsWith('.md') || anchorsIn(read(target)).has(anchor)) return [];
    return [`${page}: ${link} leads to no heading of ${target}`];
  });
}

function sourceMaps(file: string): string[] {
  if (file.endsWith('.map')) return [`${file}: is a source map`];
  if (!/\.[cm]?js$/.test(file)) return [];
  return /^\/\/[#@] sourceMappingURL=/m.test(read(file)) ? [`${file}: names a source map`] : [];
}

const hasBackbone = isPacked.has(BACKBONE);
const size = packed.size - (hasBackbone ? gzipSync(readFileSync(join(root, BACKBONE))).length : 0);
const faults = [
  ...files.flatMap(foldersIn),
  ...missingEntries(),
  ...files.filter((file) => file.endsWith('.md')).flatMap(deadLinks),
  ...files.flatMap(sourceMaps),
  ...(size <= MAX_BYTES
    ? []
    : [
        `the tarball: expected at most ${MAX_BYTES / 1e6} MB without the backbone, got ${size} bytes`,
      ]),
];
for (const fault of faults) console.error(fault);
const beside = hasBackbone ? ' without the backbone' : '';
console.log(
  `${files.length} files in the tarball, ${Math.ceil(size / 1e3)} kB packed${beside}, ${faults.length} faults`,
);
process.exitCode = faults.length === 0 && files.length > 0 ? 0 : 1;
