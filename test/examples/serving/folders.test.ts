import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Classifier, loadClassifier } from 'resnet-heads';
import { writeTfServingFolder } from '../../../examples/serving/tf-serving-folder';
import { type TritonOptions, writeTritonFolder } from '../../../examples/serving/triton-folder';
import { miniClassifier } from '../../setup/mini-resnet';

let classifier: Classifier;
let folder: string;
beforeAll(async () => {
  const options = { classes: ['daisy', 'rose "Gallica"', 'weißer Flieder'] };
  classifier = await loadClassifier(miniClassifier('v1', 3, 1), {
    ...options,
    preprocessing: 'tf',
  });
});
afterAll(() => {
  classifier.dispose();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'serving-folders-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const OPTIONS: TritonOptions = { name: 'flowers', version: 1, maxBatch: 16, waitMs: 2.5 };
const list = (): string[] => (readdirSync(folder, { recursive: true }) as string[]).sort();
const config = (): string => readFileSync(join(folder, 'flowers/config.pbtxt'), 'utf8');

describe('for Triton', () => {
  it('writes a configuration and a version', async () => {
    await writeTritonFolder(classifier, folder, OPTIONS);
    expect(list()).toEqual([
      'flowers',
      'flowers/1',
      'flowers/1/model.onnx',
      'flowers/config.pbtxt',
    ]);
    expect(config()).toBe(`# Written by examples/serving/folders.ts of resnet-heads.
name: "flowers"
backend: "onnxruntime"
max_batch_size: 16
input [ { name: "pixels" data_type: TYPE_UINT8 dims: [ 32, 32, 3 ] } ]
output [ { name: "predictions" data_type: TYPE_FP32 dims: [ 3 ] } ]
dynamic_batching { max_queue_delay_microseconds: 2500 }
instance_group [ { count: 1 } ]
parameters { key: "classes" value { string_value: "[\\"daisy\\",\\"rose \\\\\\"Gallica\\\\\\"\\",\\"weißer Flieder\\"]" } }
`);
  });

  it('turns batching off', async () => {
    await writeTritonFolder(classifier, folder, { ...OPTIONS, maxBatch: 1 });
    expect(config()).toContain('max_batch_size: 1\n');
    expect(config()).not.toContain('dynamic_batching');
  });

  it('adds versions, and replaces none', async () => {
    await writeTritonFolder(classifier, folder, OPTIONS);
    await writeTritonFolder(classifier, folder, { ...OPTIONS, version: 2, maxBatch: 8 });
    expect(list()).toContain('flowers/2/model.onnx');
    const before = config();
    expect(before).toContain('max_batch_size: 8\n');
    await expect(writeTritonFolder(classifier, folder, OPTIONS)).rejects.toThrow(
      /flowers\/1: expected no such version yet, got one; choose another --model-version, or remove it$/,
    );
    expect(config()).toBe(before);
  });

  it("leaves another's configuration alone", async () => {
    await writeTritonFolder(classifier, folder, OPTIONS);
    writeFileSync(join(folder, 'flowers/config.pbtxt'), 'name: "flowers"');
    await expect(writeTritonFolder(classifier, folder, { ...OPTIONS, version: 2 })).rejects.toThrow(
      /config\.pbtxt: expected none, or one that this program wrote, got another; choose another name$/,
    );
    expect(list()).not.toContain('flowers/2');
  });
});

it('writes a version for TensorFlow Serving, and replaces none', async () => {
  const options = { name: 'flowers', version: 3 };
  await writeTfServingFolder(classifier, folder, options);
  expect(list()).toEqual([
    'flowers',
    'flowers/3',
    'flowers/3/assets.extra',
    'flowers/3/assets.extra/classes.txt',
    'flowers/3/saved_model.pb',
  ]);
  await expect(writeTfServingFolder(classifier, folder, options)).rejects.toThrow(
    /flowers\/3: expected no such version yet, got one;/,
  );
});

it.each(['', '../flowers', 'a/b', 'a b', '.hidden'])('refuses the name %j', async (name) => {
  const message = `name: expected letters, digits, "_", "-" and ".", got ${JSON.stringify(name)}; choose another`;
  const place = join(folder, 'models');
  await expect(writeTritonFolder(classifier, place, { ...OPTIONS, name })).rejects.toThrow(message);
  await expect(writeTfServingFolder(classifier, place, { name, version: 1 })).rejects.toThrow(
    message,
  );
  expect(existsSync(place)).toBe(false);
});
