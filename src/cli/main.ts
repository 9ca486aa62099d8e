#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { run } from './run.js';

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  columns: process.stdout.columns,
  script: fileURLToPath(import.meta.url),
});
