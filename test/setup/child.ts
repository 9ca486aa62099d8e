import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ChildReport, ChildTask } from './download-child';

const SCRIPT = join(__dirname, 'download-child.ts');

/** Starts a process that loads a file; a line of shell may set its limits first. */
export function startChild(task: ChildTask, before?: string): ChildProcess {
  const command = [process.execPath, '--import', 'tsx', SCRIPT, JSON.stringify(task)];
  const shell = before === undefined ? [] : ['sh', '-c', `${before}; exec "$@"`, 'sh'];
  const [program = '', ...args] = [...shell, ...command];
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

export async function reportOf(child: ChildProcess): Promise<ChildReport> {
  const [out, err]: string[][] = [[], []];
  child.stdout?.on('data', (text) => out?.push(String(text)));
  child.stderr?.on('data', (text) => err?.push(String(text)));
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`child ended with ${String(code)}: ${err?.join('') ?? ''}`);
  return JSON.parse(out?.join('') ?? '') as ChildReport;
}
