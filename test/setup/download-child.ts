import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { diskCache } from '../../src/node/disk-cache';
import { download } from '../../src/weights/download/download';
import type { DownloadOptions } from '../../src/weights/download/options';

/** What a process of its own is asked to load, as JSON in its first argument. */
export interface ChildTask {
  readonly url: string;
  readonly folder: string;
  readonly options?: DownloadOptions;
  /** Whether to give up the superuser's right to write anywhere. */
  readonly asNobody?: boolean;
}

/** What it prints, as JSON. */
export interface ChildReport {
  readonly from: 'network' | 'cache';
  readonly sha256: string;
  readonly warnings: readonly string[];
  /** Names in the folder at the end. */
  readonly left: readonly string[];
}

/** The user of least rights on Linux and macOS, by custom. */
const NOBODY = 65_534;

const { url, folder, options, asNobody } = JSON.parse(process.argv[2] ?? '') as ChildTask;
// Whatever is imported has been by now: this user may not be able to read it.
if (asNobody === true && process.getuid?.() === 0) process.seteuid?.(NOBODY);
const warnings: string[] = [];
const { bytes, from } = await download(
  url,
  { ...options, onWarning: ({ message }) => warnings.push(message) },
  diskCache({ folder }),
);
const left = readdirSync(folder);
const sha256 = createHash('sha256').update(bytes).digest('hex');
process.stdout.write(JSON.stringify({ from, sha256, warnings, left } satisfies ChildReport));
