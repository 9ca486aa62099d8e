import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { exportOnnx } from 'resnet-heads';
import { miniClassifier } from '../setup/mini-resnet';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-onnx-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('exportOnnx into a file', () => {
  it('writes what exportOnnx gives without a file, and nothing beside it', async () => {
    const model = miniClassifier('v1', 10, 1);
    const options = { metadata: { classes: '["a"]' } };
    await exportOnnx(model, join(folder, 'model.onnx'), options);
    expect(readdirSync(folder)).toEqual(['model.onnx']);
    const bytes = await exportOnnx(model, options);
    expect(Buffer.compare(readFileSync(join(folder, 'model.onnx')), bytes)).toBe(0);
    model.dispose();
  });

  it('leaves a file that is there alone where the model has a layer that it cannot write', async () => {
    const file = join(folder, 'model.onnx');
    const model = miniClassifier('v1', 10, 1);
    await exportOnnx(model, file);
    const before = readFileSync(file);
    const up = tf.layers.upSampling2d({ inputShape: [2, 2, 1] });
    await expect(exportOnnx(tf.sequential({ layers: [up] }), file)).rejects.toThrow('UpSampling2D');
    expect(readdirSync(folder)).toEqual(['model.onnx']);
    expect(readFileSync(file).equals(before)).toBe(true);
    await exportOnnx(model, file, { metadata: { classes: '["a"]' } });
    expect(readFileSync(file).equals(before)).toBe(false);
    model.dispose();
  });

  it.each(['holiday.jpg', 'empty', ''])('replaces no other file: %j', async (name) => {
    const model = miniClassifier('v1', 10, 1);
    const file = join(folder, name);
    if (name !== '') writeFileSync(file, name === 'empty' ? '' : 'a picture');
    const exported = exportOnnx(model, file);
    if (name === 'empty') await exported;
    else await expect(exported).rejects.toMatchObject({ name: 'ArgumentError' });
    if (name === 'holiday.jpg') {
      await expect(exportOnnx(model, file)).rejects.toThrow(
        'expected a new file, or an ONNX model that resnet-heads wrote, got "another file"; pass another path',
      );
      expect(readFileSync(file, 'utf8')).toBe('a picture');
    }
    expect(readdirSync(folder)).toEqual(name === '' ? [] : [name]);
    model.dispose();
  });

  it('says where it cannot write', async () => {
    const model = miniClassifier();
    await expect(exportOnnx(model, join(folder, 'none', 'model.onnx'))).rejects.toThrow(
      'model.onnx: expected a file that can be written, got ENOENT',
    );
    model.dispose();
  });
});
