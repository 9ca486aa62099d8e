import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Classifier,
  exportOnnx,
  exportSavedModel,
  loadClassifier,
  type OnnxOptions,
  type SavedModelOptions,
} from 'resnet-heads';
import { expectNoLeak } from '../setup/memory';
import { miniClassifier } from '../setup/mini-resnet';

let folder: string;
let classifier: Classifier;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-agreement-'));
  const known = { classes: ['dark', 'light'], preprocessing: 'tf' } as const;
  classifier = await loadClassifier(miniClassifier('v1', 2, 1), known);
});
afterAll(() => {
  classifier.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe('what a classifier knows is not contradicted', () => {
  it.each<[SavedModelOptions, string]>([
    [{ classes: ['light', 'dark'] }, 'classes: expected the classifier\'s own ["dark", "light"]'],
    [
      { input: 'pixels', preprocessing: 'caffe' },
      'preprocessing: expected the classifier\'s own "tf"',
    ],
    [{ preprocessing: 'zzz' as never }, 'preprocessing: expected the classifier\'s own "tf"'],
    [{ inputSize: [64, 64] }, "inputSize: expected the classifier's own [32, 32]"],
  ])('by a SavedModel with %j', async (options, message) => {
    await expectNoLeak(() =>
      expect(exportSavedModel(classifier, join(folder, 'model'), options)).rejects.toThrow(message),
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each<[OnnxOptions, string]>([
    [
      { input: 'pixels', preprocessing: 'caffe' },
      'preprocessing: expected the classifier\'s own "tf"',
    ],
    [
      { metadata: { classes: '["light","dark"]' } },
      "metadata.classes: expected the classifier's own",
    ],
    [
      { metadata: { preprocessing: 'caffe' } },
      "metadata.preprocessing: expected the classifier's own",
    ],
  ])('by an ONNX model with %j', async (options, message) => {
    await expectNoLeak(() => expect(exportOnnx(classifier, options)).rejects.toThrow(message));
  });

  it('and may be said again', async () => {
    const { classes, preprocessing, inputSize } = classifier;
    const options = { input: 'pixels', preprocessing } as const;
    expect(await exportOnnx(classifier, options)).toEqual(
      await exportOnnx(classifier, { input: 'pixels' }),
    );
    await exportSavedModel(classifier, join(folder, 'model'), { ...options, classes, inputSize });
    expect(readdirSync(folder)).toEqual(['model']);
  });
});
