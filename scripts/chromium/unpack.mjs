/**
 * Unpacks the Chromium of @sparticuz/chromium (linux-x64) into the user's cache, once for each version, and prints where it is:
 * one line of JSON, `UnpackedChromium` in package.ts. A program, because jest loads no ES modules.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { folderBeside, store, userCache } from '../shared/cache.mjs';

const PACKAGE = '@sparticuz/chromium';
/** Raise this when what is unpacked changes, so that a cache of the older layout is left alone. */
const LAYOUT = 1;

const EXECUTABLE = 'chromium';
const LIBRARIES = 'al2023/lib';
const FONTS = 'fonts/resnet-heads.conf';

/** The system's fonts, where it has any, and Open Sans, which the package carries. */
const FONTS_CONF = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

/**
 * In a process of its own, because the package takes the folder from the environment, and adds to it.
 *
 * @param {string} folder where to, empty
 */
function unpack(folder) {
  const program = `import chromium from '${PACKAGE}'; await chromium.executablePath();`;
  // The package unpacks the libraries that a bare machine lacks only where it believes itself on Amazon's.
  const env = { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' };
  execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    env,
  });
  writeFileSync(join(folder, FONTS), FONTS_CONF);
}

/** The names of the shared libraries that an executable needs and the system doesn't have. @param {string} executable */
function missingLibraries(executable) {
  const needed = execFileSync('ldd', [executable], { encoding: 'utf8' });
  return [...needed.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name]) => name);
}

const require = createRequire(import.meta.url);
const { version } = JSON.parse(
  readFileSync(join(dirname(require.resolve(PACKAGE)), '../../package.json'), 'utf8'),
);
const folder = join(userCache(), 'chromium', `${version}-${LAYOUT}`);
if (!existsSync(folder)) {
  const made = folderBeside(folder);
  const whole = join(made, 'whole');
  mkdirSync(whole);
  unpack(whole);
  store(whole, folder);
}

const executable = join(folder, EXECUTABLE);
/** @type {Record<string, string>} */
const env = { FONTCONFIG_FILE: join(folder, FONTS) };
// The system's own go first: the package's need glibc 2.34, Chromium itself 2.25.
if (missingLibraries(executable).length > 0) {
  const before = process.env['LD_LIBRARY_PATH'];
  env['LD_LIBRARY_PATH'] = [join(folder, LIBRARIES), ...(before ? [before] : [])].join(':');
}
console.log(JSON.stringify({ executable, folder, env }));
