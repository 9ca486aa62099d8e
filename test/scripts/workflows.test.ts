import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { engines, scripts } from '../../package.json';

const ROOT = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Job {
  readonly needs?: string;
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: { readonly node?: readonly number[] } };
  readonly steps?: readonly { readonly run?: string; readonly uses?: string }[];
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FILES = readdirSync(join(ROOT, '.github/workflows')).map(
  (name) => `.github/workflows/${name}`,
);
const workflow = (name: string) => parse(read(`.github/workflows/${name}.yml`)) as Workflow;

const runs = (job: Job | undefined): string[] =>
  (job?.steps ?? []).flatMap(({ run }) => (run === undefined ? [] : [run]));

/** What `.ci/run` runs of npm, in its order, without the arguments that count its tests. */
const CI = [...read('.ci/run').matchAll(/^(?:step )?(npm (?:ci|test|run \S+))/gm)].map(
  ([, command = '']) => command,
);

/** What releases need beyond that. */
const RELEASE = ['npm run check:release', 'npm publish --provenance --access public'];

it('reads the commands of .ci/run', () => {
  expect(CI.slice(0, 3)).toEqual(['npm ci', 'npm test', 'npm run lint']);
  expect(CI.length).toBeGreaterThan(10);
});

describe('the workflow of tests', () => {
  const { jobs } = workflow('test');

  it('runs what .ci/run runs, in its order', () => {
    const all = [...runs(jobs['test']), ...runs(jobs['checks'])];
    expect([...new Set(all)]).toEqual(CI);
  });

  it('begins with the oldest Node that the package takes', () => {
    const [oldest] = jobs['test']?.strategy?.matrix.node ?? [];
    expect(engines.node).toBe(`>=${oldest}`);
  });
});

describe('every workflow', () => {
  it.each(FILES)('of %s runs commands that are there, and no others', (file) => {
    const { jobs } = parse(read(file)) as Workflow;
    for (const command of Object.values(jobs).flatMap(runs)) {
      expect([...CI, ...RELEASE]).toContain(command);
      const [, script] = /^npm run (\S+)$/.exec(command) ?? [];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
    }
  });

  it.each(FILES)('of %s may only read, and ends in time', (file) => {
    const { permissions, jobs } = parse(read(file)) as Workflow;
    expect(permissions).toEqual({ contents: 'read' });
    for (const job of Object.values(jobs)) {
      if (job.uses === undefined) expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
  });

  it.each(FILES)('of %s takes actions by their commits, with the version beside', (file) => {
    const actions = [...read(file).matchAll(/uses: (.*)$/gm)].map(([, action = '']) => action);
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) {
      if (action.startsWith('./')) expect(FILES).toContain(action.slice(2));
      else expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  it('has more rights in the two jobs that publish alone', () => {
    const more = FILES.flatMap((file) =>
      Object.entries((parse(read(file)) as Workflow).jobs).flatMap(([name, { permissions }]) =>
        permissions === undefined ? [] : [[basename(file), name, permissions]],
      ),
    );
    expect(more).toEqual([
      ['docs.yml', 'publish', { pages: 'write', 'id-token': 'write' }],
      ['release.yml', 'publish', { contents: 'read', 'id-token': 'write' }],
    ]);
  });
});

describe('the workflow of releases', () => {
  const { jobs } = workflow('release');

  it('checks the release, then runs the tests, then publishes', () => {
    expect(runs(jobs['check'])).toEqual(['npm run check:release']);
    expect(jobs['test']).toMatchObject({ needs: 'check', uses: './.github/workflows/test.yml' });
    expect(jobs['publish']?.needs).toBe('test');
    expect(runs(jobs['publish'])).toEqual([
      'npm ci',
      'npm run check:release',
      'npm run check:package',
      'npm publish --provenance --access public',
    ]);
  });
});

describe('the forms of issues', () => {
  interface Field {
    readonly type: string;
    readonly id?: string;
    readonly attributes: { readonly label?: string; readonly description?: string };
  }
  interface Form {
    readonly name: string;
    readonly description: string;
    readonly body: readonly Field[];
  }
  const form = (name: string) => parse(read(`.github/ISSUE_TEMPLATE/${name}.yml`)) as Form;

  it.each(['bug', 'feature'])('%s has a name, a description and fields with labels', (name) => {
    const { body, ...rest } = form(name);
    expect(rest).toMatchObject({
      name: expect.any(String) as string,
      description: expect.any(String) as string,
    });
    const asked = body.filter(({ type }) => type !== 'markdown');
    expect(asked.length).toBeGreaterThan(2);
    const ids = asked.map(({ id }) => id);
    expect(new Set(ids).size).toBe(asked.length);
    expect(ids).not.toContain(undefined);
    for (const { attributes } of asked) expect(attributes.label).toMatch(/\w/);
  });

  it('bug asks for the report of doctor, by a command that doctor’s help names', () => {
    const doctor = form('bug').body.find(({ id }) => id === 'doctor');
    expect(doctor?.attributes.description).toContain('`npx resnet-heads doctor --out report.md`');
    expect(read('src/cli/doctor.ts')).toContain('resnet-heads doctor --out report.md ');
  });
});
