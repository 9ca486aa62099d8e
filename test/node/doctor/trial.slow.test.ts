import { join } from 'node:path';
import { judge } from '../../../src/node/doctor/examine';
import type { Measured, Trial } from '../../../src/node/doctor/facts';
import { tryInProcess } from '../../../src/node/doctor/trial';

const script = join(__dirname, '../../setup/doctor-child.cjs');
const attempt = (how: string, limitMs?: number) =>
  tryInProcess('wasm', { path: script, args: [how, 'for'] }, limitMs);

describe('tryInProcess', () => {
  it('hears what a process measures, and ends it', async () => {
    const { loaded, measured, failure, missingLibraries } = await attempt('pass');
    expect(loaded).toMatchObject({ simd: null });
    expect(measured).toMatchObject({ scores: [0.5, -0.25], args: ['for', 'wasm'] });
    expect([failure, missingLibraries]).toEqual([null, ['libcudart.so.11.0']]);
  });

  it.each([
    ['refuse', undefined, { stage: 'load', message: 'it will not load' }],
    ['end', undefined, { stage: 'load', message: 'ended by exit code 7' }],
    ['hang', 500, { stage: 'load', message: 'no answer within 0.5 s' }],
  ])('outlives a process that does %s', async (how, limitMs, failure) => {
    expect(await attempt(how, limitMs)).toMatchObject({ measured: null, failure });
  });

  it('outlives a crash, and keeps what looks like its cause', async () => {
    const { loaded, failure } = await attempt('crash');
    expect(loaded).not.toBeNull();
    expect(failure).toEqual({
      stage: 'check',
      message: 'ended by SIGSEGV; undefined symbol: TF_NewStatus',
    });
  });

  it('tells of a script that is not there', async () => {
    const { failure } = await tryInProcess('cpu', { path: join(__dirname, 'none.cjs'), args: [] });
    expect(failure?.message).toMatch(
      /^ended by exit code 1; Error: Cannot find module '.*none\.cjs'$/,
    );
  });
});

describe('judge', () => {
  const truth: Measured = {
    scores: [0.5, -0.25],
    loss: 0.7,
    forward: { inputSize: 32, medianMs: 1, runs: 1 },
  };
  const backend = { name: 'wasm', package: 'a-package' } as const;
  const of = (measured: Partial<Measured>, reference: Measured | null = truth) => {
    const rest = { loaded: null, failure: null, missingLibraries: [] };
    const trial: Trial = { ...rest, measured: { ...truth, ...measured } };
    return judge(backend, '4.22.0', trial, reference);
  };

  it('holds scores and the loss against plain JavaScript', () => {
    const near = of({ scores: [0.5, -0.25002], loss: 0.70003 });
    expect(near.state).toBe('passed');
    expect(near.scoreError).toBeCloseTo(4e-5, 8);
    expect(near.lossError).toBeCloseTo(0.00003 / 0.7, 8);
    for (const far of [{ scores: [0.5, -0.2501] }, { loss: 0.7001 }, { scores: [0.5] }]) {
      expect(of(far)).toMatchObject({ state: 'failed', failure: null });
    }
  });

  it('lets nothing pass that is not finite, also where there is nothing to hold it against', () => {
    expect(of({}, null)).toMatchObject({ state: 'passed', scoreError: null, lossError: null });
    for (const reference of [truth, null]) {
      expect(of({ loss: NaN }, reference).state).toBe('failed');
      expect(of({ scores: [Infinity, 0] }, reference).state).toBe('failed');
    }
  });

  it('keeps what a failure says', () => {
    const failure = { stage: 'load', message: 'no' } as const;
    const trial = { loaded: null, measured: null, failure, missingLibraries: ['a'] };
    expect(judge(backend, '1.0.0', trial, truth)).toEqual({
      ...backend,
      ...{ version: '1.0.0', state: 'failed', loaded: null, forward: null },
      ...{ scoreError: null, lossError: null, failure, missingLibraries: ['a'] },
    });
  });
});
