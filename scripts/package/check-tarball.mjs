/**
 * Reads every file that `npm pack` would publish, and fails where one names a folder of the machine that built it, the package's
 * own or the user's home, and where package.json names an entry that isn't among them.
 *
 *     node scripts/package/check-tarball.mjs [FOLDER OF THE PACKAGE]
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, normalize, parse, sep } from 'node:path';

const root = realpathSync(process.argv[2] ?? '.');
const said = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  encoding: 'utf8',
});
/** @type {readonly string[]} */
const files = JSON.parse(said)[0].files.map((/** @type {{ path: string }} */ { path }) => path);

/** The home of a user who has none is the root of all paths. */
const folders = [root, homedir()].filter((folder) => folder !== parse(folder).root);

/**
 * Whether a path within a folder stands in a text. `example.com/app/` is none within `/app`.
 *
 * @param {string} text
 * @param {string} folder
 */
const names = (text, folder) =>
  text
    .split(folder + sep)
    .slice(0, -1)
    .some((before) => !/[\w.-]$/.test(before));

const faults = files.flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return folders
    .filter((folder) => names(text, folder))
    .map((folder) => `${file}: names a path in ${folder}`);
});
/**
 * Every path of a file in a part of package.json; patterns stand for many.
 *
 * @param {unknown} value
 * @returns {string[]}
 */
const pathsIn = (value) => {
  if (typeof value === 'string') return value.includes('*') ? [] : [value];
  return Object.values(value ?? {}).flatMap(pathsIn);
};

const { main, module, types, bin, exports, typesVersions } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);
const entries = new Set(pathsIn([main, module, types, bin, exports, typesVersions]));
for (const entry of entries) {
  if (!files.includes(normalize(entry))) {
    faults.push(`package.json: names ${entry}, which is not in the tarball`);
  }
}
for (const fault of faults) console.error(fault);
console.log(`${files.length} files in the tarball, ${faults.length} faults`);
process.exitCode = faults.length === 0 && files.length > 0 ? 0 : 1;
