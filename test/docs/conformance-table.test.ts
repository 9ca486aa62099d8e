import { cases } from '../backends/conformance';
import { nodeCases } from '../backends/node-cases';
import { areaOf, tableOf } from '../backends/table';
import type { Run } from '../backends/runs';

const run = (backend: string, ...results: Run['results']): Run => ({
  ...{ backend, where: 'Node', details: {}, results, faults: [] },
});

describe('the table of the conformance cases', () => {
  it('counts every case in a row', () => {
    const all = [...cases, ...['cpu', 'tensorflow', 'webgpu'].flatMap(nodeCases)];
    for (const { name } of all) expect(areaOf(name)).not.toBe('');
    expect(() => areaOf('juggle')).toThrow(
      'AREAS: expected a pattern for every case, got none for "juggle"; add one',
    );
  });

  it('has how many passed, and the largest error', () => {
    const table = tableOf([
      run(
        'cpu',
        { name: 'forward: a', ok: true, maxError: 2e-7, seconds: 1 },
        { name: 'forward: b', ok: false, message: 'off', maxError: 3e-6, seconds: 1 },
      ),
      run('wasm', { name: 'freeze: c', ok: true, seconds: 1 }),
    ]);
    const [header, , ...body] = table.split('\n');
    const rows = [header!, ...body].map((line) => line.split(/ *\| */).slice(1, -1));
    expect(rows).toEqual([
      ['cases passed', 'cpu (Node)', 'wasm (Node)'],
      ['predict, against Keras', '**1 of 2**', '–'],
      ['fine-tune and freeze, against Keras', '–', '1 of 1'],
      ['largest relative error', '3e-6', '–'],
    ]);
  });
});
