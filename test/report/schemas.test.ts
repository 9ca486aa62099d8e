import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import Ajv from 'ajv';
import {
  analyze,
  compareHeads,
  denseHead,
  format,
  loadBackbone,
  planResnet,
  pooledHead,
  trainClassifier,
} from 'resnet-heads';
import { run } from '../../src/cli/run';
import { diagnose } from '../../src/node/doctor/diagnose';
import { formatCheckup } from '../../src/node/doctor/format';
import {
  absent,
  broken,
  cpu,
  gpu,
  soundFacts,
  tensorflow,
  wasm,
  webgpu,
} from '../setup/doctor-facts';
import { miniResnet } from '../setup/mini-resnet';
import { modelGoldens } from '../setup/model-goldens';

type Name = 'model' | 'comparison' | 'compare' | 'doctor' | 'multi-label';

/** What a schema finds wrong with a JSON text; nothing where it finds nothing. */
function faults(name: Name, json: string): unknown {
  const path = join(__dirname, `../../schemas/${name}.schema.json`);
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(path, 'utf8')) as object,
  );
  return validate(JSON.parse(json)) ? [] : validate.errors;
}

async function cli(...args: string[]): Promise<string> {
  let out = '';
  const code = await run(args, { out: (text) => (out += text), err: (text) => (out += text) });
  expect(code).toBe(0);
  return out;
}

describe('what format writes as json follows its schema', () => {
  it('of models', () => {
    for (const { topology } of modelGoldens) {
      expect(faults('model', format(analyze(topology), 'json'))).toEqual([]);
    }
  });

  it('of heads on a base, measured or not', async () => {
    const base = miniResnet('v1', 1);
    const heads = [pooledHead({ numClasses: 2 }), denseHead({ numClasses: 2 })];
    for (const measure of [false, true]) {
      const comparison = await compareHeads(base, heads, { measure, runs: 1 });
      expect(faults('comparison', format(comparison, 'json'))).toEqual([]);
    }
    base.dispose();
  });

  it('of heads that were trained on pictures', async () => {
    const base = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
    const pictures = Array.from({ length: 4 }, (_, i) => ({
      picture: tf.fill<tf.Rank.R3>([32, 32, 3], 60 * i, 'int32'),
      label: i < 2 ? 'dark' : 'light',
    }));
    const comparison = await compareHeads(base, ['pooled', 'dense'], { pictures, epochs: 1 });
    expect(comparison.heads[0]).toHaveProperty('fit.folds.0.epochs', 1);
    expect(faults('comparison', format(comparison, 'json'))).toEqual([]);
    const fitted = await compareHeads(base, ['pooled'], { pictures });
    expect(fitted.heads[0]).toHaveProperty('fit.folds.0.l2');
    expect(faults('comparison', format(fitted, 'json'))).toEqual([]);
    tf.dispose(pictures.map(({ picture }) => picture));
    base.dispose();
  });

  it('of plans, and of the command line', async () => {
    const plan = planResnet({ head: 'pooled', numClasses: 2 });
    expect(faults('compare', format(plan, 'json'))).toEqual([]);
    expect(faults('compare', await cli('compare', '--format', 'json'))).toEqual([]);
    const budget = await cli('compare', '--format', 'json', '--budget', '100MB');
    expect(faults('compare', budget)).toEqual([]);
  });

  it('of an evaluation with several labels per picture', async () => {
    const backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
    const pictures = [['dark'], ['dark', 'flat'], ['flat'], []].map((label, i) => ({
      picture: tf.fill<tf.Rank.R3>([32, 32, 3], 60 * i, 'int32'),
      label,
    }));
    const classifier = await trainClassifier(backbone, pictures, {
      ...{ multiLabel: true, validation: 0, l2: 0.1 },
    });
    const evaluation = await classifier.evaluate(pictures);
    expect(faults('multi-label', format(evaluation, 'json'))).toEqual([]);
    const more = { ...evaluation, extra: 1 };
    expect(faults('multi-label', format(more, 'json'))).toMatchObject([
      { keyword: 'additionalProperties' },
    ]);
    tf.dispose(pictures.map(({ picture }) => picture));
    classifier.dispose();
    backbone.dispose();
  });

  it('of the doctor', () => {
    const unwell = {
      ...soundFacts,
      tfjs: null,
      backends: [
        absent(cpu),
        broken(wasm, 'ended by SIGSEGV'),
        broken(tensorflow, 'no'),
        gpu,
        webgpu,
      ],
    };
    for (const facts of [soundFacts, unwell]) {
      expect(faults('doctor', formatCheckup(diagnose(facts), 'json'))).toEqual([]);
    }
    const more = { ...diagnose(soundFacts), extra: 1 };
    expect(faults('doctor', formatCheckup(more, 'json'))).toMatchObject([
      { keyword: 'additionalProperties' },
    ]);
  });

  it('and a schema that is not followed says so', () => {
    const stats = analyze(modelGoldens[0]!.topology);
    expect(faults('model', format({ ...stats, extra: 1 } as typeof stats, 'json'))).toMatchObject([
      { keyword: 'additionalProperties' },
    ]);
    const { totals, ...rest } = stats;
    expect(totals.params).toBeGreaterThan(0);
    expect(faults('model', JSON.stringify(rest))).toMatchObject([{ keyword: 'required' }]);
  });
});
