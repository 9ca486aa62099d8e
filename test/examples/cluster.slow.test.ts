import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { commandLine } from '../../src/cli/run';
import { cli } from '../setup/cli';
import { drawPictures } from '../setup/picture-folder';

const ROOT = join(__dirname, '../..');
const FOLDER = join(ROOT, 'examples/cluster');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

const SHARDS = 64;
/** What tells a task its number. */
const VARIABLES = {
  kubernetes: 'JOB_COMPLETION_INDEX',
  slurm: 'SLURM_ARRAY_TASK_ID',
  'aws-batch': 'AWS_BATCH_JOB_ARRAY_INDEX',
} as const;
type EngineName = keyof typeof VARIABLES;

interface Job {
  readonly spec: {
    readonly completions: number;
    readonly completionMode: string;
    readonly template: { readonly spec: { readonly containers: readonly [{ args: string[] }] } };
  };
}

const job = parse(read('kubernetes.yaml')) as Job;
const batch = JSON.parse(read('aws-batch.json')) as {
  readonly containerProperties: { readonly command: string[] };
};
const submit = JSON.parse(read('aws-batch-submit.json')) as {
  readonly arrayProperties: { readonly size: number };
};
const script = read('slurm.sbatch');
const ray = read('ray_extract.py');

/** The command as the example runs it, without the name of the program. */
const COMMANDS: Readonly<Record<EngineName, readonly string[]>> = {
  kubernetes: job.spec.template.spec.containers[0].args,
  slurm: (/^exec "[^"]*" (.*)$/m.exec(script)?.[1] ?? '').replaceAll('"', '').split(' '),
  'aws-batch': batch.containerProperties.command,
};
const ENGINES = Object.entries(COMMANDS) as [EngineName, readonly string[]][];

const flags = (text: string) => text.match(/(?<![\w-])--[a-z][\w-]*/g) ?? [];

describe('the examples of clusters', () => {
  const silent = { out: () => undefined, err: () => undefined };
  const options = commandLine(silent)
    .commands.find((command) => command.name() === 'extract')
    ?.options.map(({ long }) => long);

  it.each(ENGINES)('use options that extract has: %s', (_, command) => {
    expect(command[0]).toBe('extract');
    expect(flags(command.join(' '))).toEqual(expect.arrayContaining(['--out', '--shards']));
    expect(options).toEqual(expect.arrayContaining([...flags(command.join(' '))]));
  });

  it('use options that extract has: ray', () => {
    const [, command = ''] = /command = \[(.*)\]/.exec(ray) ?? [];
    const check = /\[args.program, "extract", "--check", args.out\]/.exec(ray)?.[0] ?? '';
    expect(flags(`${command} ${check}`)).toEqual(['--out', '--shard', '--check']);
    expect(options).toEqual(expect.arrayContaining(['--out', '--shard', '--check']));
  });

  it.each(ENGINES)('have as many tasks as shards: %s', (_, command) => {
    expect(Number(command[command.indexOf('--shards') + 1])).toBe(SHARDS);
    expect([job.spec.completionMode, job.spec.completions]).toEqual(['Indexed', SHARDS]);
    expect(submit.arrayProperties.size).toBe(SHARDS);
    expect(script).toMatch(new RegExp(`^#SBATCH --array=0-${SHARDS - 1}(%\\d+)?$`, 'm'));
  });

  it('know the exit codes', async () => {
    const { out } = await cli('--help');
    expect(out).toMatch(/ {2}2 +wrong arguments\n {2}3 +a bug/);
    expect(ray).toContain('USAGE, FAULT = 2, 3\n');
    expect(read('kubernetes.yaml')).toMatch(/action: FailJob\n[^]*values: \[2\]/);
    expect(read('kubernetes.yaml')).toMatch(/action: FailIndex\n[^]*values: \[3\]/);
  });
});

describe('a task of each engine', () => {
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cluster-'));
    await drawPictures(join(folder, 'photos'), SHARDS / 2);
    const program = `#!/bin/sh\nexec '${process.execPath}' --import tsx '${join(ROOT, 'src/cli/main.ts')}' "$@"\n`;
    writeFileSync(join(folder, 'program'), program, { mode: 0o755 });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  afterEach(() => {
    for (const name of Object.values(VARIABLES)) Reflect.deleteProperty(process.env, name);
  });

  const BACKBONE = ['--backbone', 'resnet-mini', '--input', '32'];

  /** The example's command with other pictures, another folder, and a backbone that comes with the package. */
  function here(command: readonly string[], out: string): string[] {
    const [, , , , ...rest] = command;
    const own = rest.filter((word, i) => word !== '--backbone' && rest[i - 1] !== '--backbone');
    return ['extract', join(folder, 'photos'), '--out', out, ...own, ...BACKBONE];
  }

  it.each([0, 63])('computes the shard %i, the same bytes', async (index) => {
    const file = `features-000${String(index).padStart(2, '0')}-of-00064.parquet`;
    const bytes: Buffer[] = [];
    for (const engine of ['kubernetes', 'aws-batch'] as const) {
      const out = join(folder, `${engine}-${index}`);
      process.env[VARIABLES[engine]] = String(index);
      const { code, out: said } = await cli(...here(COMMANDS[engine], out));
      Reflect.deleteProperty(process.env, VARIABLES[engine]);
      expect([code, said]).toEqual([
        0,
        expect.stringContaining(`shard ${index} (${VARIABLES[engine]})`),
      ]);
      expect(readdirSync(out).sort()).toEqual(['_manifest.json', file]);
      bytes.push(readFileSync(join(out, file)));
    }
    const out = join(folder, `slurm-${index}`);
    execFileSync('bash', [join(FOLDER, 'slurm.sbatch'), join(folder, 'photos'), out, ...BACKBONE], {
      env: {
        ...process.env,
        RESNET_HEADS: join(folder, 'program'),
        SLURM_ARRAY_TASK_ID: String(index),
      },
      cwd: ROOT,
      stdio: 'pipe',
    });
    expect(readdirSync(out).sort()).toEqual(['_manifest.json', file]);
    bytes.push(readFileSync(join(out, file)));
    const [first, ...others] = bytes;
    for (const other of others) expect(first?.equals(other)).toBe(true);
  });
});
