#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { run, tellError } from './run.js';
import type { Streams } from './terminal.js';

// TensorFlow's C++ library logs what processor it runs on before it does anything. Its warnings and errors are still shown.
process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1';

const streams: Streams = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  columns: process.stdout.columns,
  live: process.stderr.isTTY ? process.stderr : undefined,
  script: fileURLToPath(import.meta.url),
};

// A pipe's reader may have ended early (`| head -1`): the command still finishes, and writes its files.
const isGone = (error: NodeJS.ErrnoException): boolean => error.code === 'EPIPE';
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (!isGone(error)) process.exitCode = tellError(error, streams);
});
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (!isGone(error)) process.exitCode = 1;
});
// Errors outside our promises, such as in a callback of a native library.
process.on('uncaughtException', (error) => {
  process.exit(tellError(error, streams));
});

const code = await run(process.argv.slice(2), streams);
process.exitCode = Math.max(code, Number(process.exitCode ?? 0));
