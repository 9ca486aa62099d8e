/**
 * Runs the tests, except for the projects that need what this machine does not have:
 *
 *     npm test [-- OPTIONS OF JEST]
 *
 * The last line names the projects that were left out, with the reason and the remedy. In CI, where the variable
 * CI is set (and not to false or 0), leaving one out is a failure.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { run } from 'jest';

const SETUP = fileURLToPath(new URL('native/setup.mjs', import.meta.url));

/** @returns {string | undefined} why tfjs-node's library does not load, and what to do */
function withoutNative() {
  // Standard output is jest's, whose report with --json goes there.
  const { status, stderr } = spawnSync(process.execPath, [SETUP], {
    stdio: ['ignore', 2, 'pipe'],
    encoding: 'utf8',
  });
  process.stderr.write(stderr);
  return status === 0 ? undefined : stderr.trim().split('\n').at(-1);
}

/** @returns {string | undefined} why Python does not run, and what to do */
function withoutPython() {
  const { status } = spawnSync('python3', ['--version'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'python3 does not run; install Python 3';
}

/** Projects of jest.config.mjs that need more than `npm ci` installs. */
const NEEDS = { tensorflow: withoutNative, python: withoutPython };

const leftOut = Object.entries(NEEDS).flatMap(([project, without]) => {
  const reason = without();
  return reason === undefined ? [] : [{ project, reason }];
});
const args = process.argv.slice(2);
if (leftOut.length > 0) {
  // As the last option, since it would take a path that follows for another project.
  args.push('--ignoreProjects', ...leftOut.map(({ project }) => project));
  const inCI = !['', '0', 'false'].includes(process.env['CI'] ?? '');
  const said = leftOut.map(
    ({ project, reason }) => `the project ${project} was left out, as ${reason}`,
  );
  process.on('exit', () => {
    console.error(`${inCI ? 'error: ' : ''}npm test: ${said.join('; ')}`);
    if (inCI) process.exitCode = 1;
  });
}
process.env['NODE_ENV'] ??= 'test';
await run(args);
