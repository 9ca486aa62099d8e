import * as tf from '@tensorflow/tfjs';
import { compareHeads, flattenedHead, format, pooledHead } from 'resnet-heads';
import { fitting } from '../../src/compare/capacity';
import { expectNoLeak } from '../setup/memory';
import '../setup/wasm';

/** A base with the features of a ResNet-50 at 224 × 224, [7, 7, 2048]. */
function base(): tf.LayersModel {
  const conv = tf.layers.conv2d({
    filters: 2048,
    kernelSize: 1,
    strides: 32,
    inputShape: [224, 224, 3],
  });
  return tf.sequential({ layers: [conv] });
}

describe('compareHeads on wasm', () => {
  // A step with Adam aborted the process before: "memory access out of bounds".
  it('leaves out what wasm has no memory for, says so, and measures the rest', async () => {
    const model = base();
    await expectNoLeak(async () => {
      // 208 MB of weights: 3.74 GB to train.
      const heads = [
        flattenedHead({ numClasses: 10, hiddenUnits: 518 }),
        pooledHead({ numClasses: 10 }),
      ];
      const comparison = await compareHeads(model, heads, { measure: true, runs: 1 });
      const [flattened, pooled] = comparison.heads.map(({ times }) => times!);
      expect(flattened).toMatchObject({ backend: 'wasm', trainStepMs: null });
      for (const each of [flattened!.predictMs, pooled!.predictMs, pooled!.trainStepMs]) {
        expect(each!.median).toBeGreaterThan(0);
      }
      expect(comparison.findings.at(-1)).toBe(
        "The training step of the flattened head wasn't measured: it needs an estimated 3.74 GB, but the backend wasm has memory " +
          'for about 3.44 GB.',
      );
      expect(format(comparison)).toMatch(/^train step, ms \(range\) +\| +— \| +[\d.]+ \(/m);
    });
    model.dispose();
  });

  it('measures nothing of a head whose weights are too large already', async () => {
    const model = base();
    const heads = [flattenedHead({ numClasses: 10, hiddenUnits: 12_000 })];
    const comparison = await compareHeads(model, heads, { measure: true, runs: 1 });
    expect(comparison.heads[0]!.times).toMatchObject({ predictMs: null, trainStepMs: null });
    expect(comparison.findings.slice(-2)).toEqual([
      expect.stringMatching(/^Prediction of the flattened head wasn't measured: .* 4\.82 GB/),
      expect.stringMatching(
        /^The training step of the flattened head wasn't measured: .* 86\.7 GB/,
      ),
    ]);
    model.dispose();
  });

  it('limits no other backend', async () => {
    const { heads } = await compareHeads(base(), [
      flattenedHead({ numClasses: 10, hiddenUnits: 12_000 }),
    ]);
    expect(fitting(heads[0]!, 'tensorflow')).toEqual({ predict: true, trainStep: true });
    expect(fitting(heads[0]!, 'wasm')).toEqual({ predict: false, trainStep: false });
  });
});
