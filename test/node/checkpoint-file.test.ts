import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type Epoch, type Features, flattenedHead } from 'resnet-heads';
import { checkpointFile, type RunSettings } from '../../src/node/checkpoint-file';
import { fitResumable } from '../../src/train/fit-head';
import { numbers } from '../setup/mini-resnet';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-checkpoint-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const features = (seed: number): Features => ({
  values: tf.randomUniform([20, 2, 2, 3], -1, 1, 'float32', seed),
  labels: Int32Array.from({ length: 20 }, (_, i) => i % 2),
  featureShape: [2, 2, 3],
});
const HEAD = flattenedHead({ numClasses: 2, hiddenUnits: 4, dropout: 0.2 });

describe('checkpointFile', () => {
  it('takes a run up bit for bit, and is one file', async () => {
    const [training, validation] = [features(1), features(2)];
    const options = { epochs: 4, validation };
    const unbroken = await fitResumable(HEAD, training, options);
    const path = join(folder, 'run.safetensors');
    const checkpoint = () => checkpointFile(path, 'run 1');
    // Interrupted, not shorter: the rates depend on the number of epochs.
    const stop = new AbortController();
    const onEpoch = ({ epoch }: Epoch) => {
      if (epoch === 1) stop.abort();
    };
    const interrupted = { ...options, onEpoch, signal: stop.signal, checkpoint: checkpoint() };
    const half = await fitResumable(HEAD, training, interrupted);
    expect(half.history).toHaveLength(2);
    half.head.dispose();
    expect(readdirSync(folder)).toEqual(['run.safetensors']);
    const rest = await fitResumable(HEAD, training, { ...options, checkpoint: checkpoint() });
    expect(rest.history).toEqual(unbroken.history);
    expect(numbers(rest.head)).toEqual(numbers(unbroken.head));
    rest.head.dispose();
    unbroken.head.dispose();
    tf.dispose([training.values, validation.values]);
  });

  it('says which settings of two runs differ', async () => {
    const training = features(1);
    const path = join(folder, 'run.safetensors');
    const run = { epochs: 1, rate: 0.5, data: 'a'.repeat(64) };
    const { head } = await fitResumable(HEAD, training, {
      epochs: 1,
      checkpoint: checkpointFile(path, run),
    });
    expect((await checkpointFile(path, run).load())?.history).toHaveLength(1);
    await expect(
      checkpointFile(path, { epochs: 2, rate: 0.5, data: 'b'.repeat(64), more: 'x' }).load(),
    ).rejects.toThrow(
      'got one of a run with epochs 1, now 2; another data; more none, now x, after',
    );
    head.dispose();
    training.values.dispose();
  });

  it('is refused where it is of another run, cut, or changed', async () => {
    const training = features(1);
    const path = join(folder, 'run.safetensors');
    const { head } = await fitResumable(HEAD, training, {
      epochs: 1,
      checkpoint: checkpointFile(path, 'run 1'),
    });
    expect((await checkpointFile(path, 'run 1').load())?.history).toHaveLength(1);
    const refuses = (run: string | RunSettings, message: string) =>
      expect(checkpointFile(path, run).load()).rejects.toThrow(
        `${path}: expected a checkpoint ${message}`,
      );
    await refuses(
      'run 2',
      'of this run, got one of another run, after 1 epochs; to resume that run,',
    );
    await refuses({ epochs: 2 }, 'of this run, got one of another run, after 1 epochs; ');
    await expect(
      fitResumable(HEAD, training, { epochs: 1, checkpoint: checkpointFile(path, 'run 2') }),
    ).rejects.toThrow('expected a checkpoint of this run');
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      writeFileSync(path, damaged);
      await refuses(
        'run 1',
        'of this version of resnet-heads, got another file or a damaged one; move it away',
      );
    }
    writeFileSync(path, bytes.subarray(0, bytes.length - 1));
    await refuses('run 1', 'of this version of resnet-heads, got another file or a damaged one; ');
    expect(await checkpointFile(join(folder, 'none'), 'run 1').load()).toBeUndefined();
    head.dispose();
    training.values.dispose();
  });

  it('says so where it can’t be written', async () => {
    const training = features(1);
    const checkpoint = checkpointFile(join(folder, 'none/run.safetensors'));
    await expect(fitResumable(HEAD, training, { epochs: 1, checkpoint })).rejects.toThrow(
      'run.safetensors: expected a file that can be written, got ENOENT',
    );
    training.values.dispose();
  });
});
