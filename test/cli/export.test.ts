import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { loadClassifier } from 'resnet-heads';
import { cli } from '../setup/cli';
import { miniClassifier } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cli-export-'));
  const known = { classes: ['cat', 'dog'], preprocessing: 'caffe' } as const;
  const classifier = await loadClassifier(miniClassifier('v1', 2, 1), known);
  await classifier.save(at('classifier'));
  classifier.dispose();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('export', () => {
  it('writes a SavedModel beside the classifier’s folder, which stays as it was', async () => {
    const { code, out, err } = await cli('export', at('classifier'), '--to', 'savedmodel');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(
      `${at('classifier.savedmodel')}: a TensorFlow SavedModel: saved_model.pb, assets.extra/classes.txt\n`,
    );
    const classes = readFileSync(at('classifier.savedmodel/assets.extra/classes.txt'), 'utf8');
    expect(classes).toBe('cat\ndog\n');
    expect(readdirSync(at('classifier')).sort()).toEqual([
      ...['metadata.json', 'model.json', 'weights.bin'],
    ]);
  });

  it('writes an ONNX file, with the names of the classes', async () => {
    const { code, out } = await cli('export', `${at('classifier')}/`, '--to', 'onnx');
    expect([code, out]).toEqual([
      0,
      `${at('classifier.onnx')}: an ONNX model, opset 17, float32\n`,
    ]);
    const text = readFileSync(at('classifier.onnx'), 'latin1');
    expect(text).toContain('["cat","dog"]');
  });

  it('writes an ONNX file in float16', async () => {
    const half = ['--dtype', 'float16'];
    const file = at('half.onnx');
    const { code, out } = await cli(
      'export',
      at('classifier'),
      '--to',
      'onnx',
      ...half,
      '--out',
      file,
    );
    expect([code, out]).toEqual([0, `${file}: an ONNX model, opset 17, float16\n`]);
    const { size } = statSync(file);
    // Half of the kernels; the graph is a fifth of so small a file.
    expect(size).toBeLessThan(0.7 * statSync(at('classifier.onnx')).size);
  });

  it('writes a SavedModel in float16, with a checkpoint', async () => {
    const out = at('half.savedmodel');
    const args = ['--to', 'savedmodel', '--dtype', 'float16', '--out', out];
    const { code, out: said } = await cli('export', at('classifier'), ...args);
    expect([code, said]).toEqual([
      0,
      `${out}: a TensorFlow SavedModel: saved_model.pb, variables/ in float16, assets.extra/classes.txt\n`,
    ]);
    expect(readdirSync(join(out, 'variables')).sort()).toEqual([
      ...['variables.data-00000-of-00001', 'variables.index'],
    ]);
  });

  describe('in int8', () => {
    const int8 = (pictures: string, ...args: readonly string[]) =>
      cli('export', at('classifier'), '--to', 'onnx', '--int8', '--calibrate', pictures, ...args);

    it('says what it costs: accuracy if the folders are the classes, otherwise agreement', async () => {
      await drawPictures(at('others'), 10);
      await drawPictures(at('known'), 10);
      renameSync(at('known/dark'), at('known/cat'));
      renameSync(at('known/light'), at('known/dog'));
      const [known, others] = [at('known.onnx'), at('others.onnx')];
      const measured = await int8(at('known'), '--out', known, '--input', 'pixels');
      expect(measured).toMatchObject({ code: 0, err: '' });
      expect(measured.out).toMatch(
        /known\.onnx: an ONNX model, opset 17, int8, 0\.\d MB instead of 0\.\d MB, calibrated on 16 pictures\nOn 4 other pictures: accuracy [\d.]+% in int8, [\d.]+% in float32; the same answer for \d, mean cosine of the scores (0\.99\d\d|1\.0000)\.\n$/,
      );
      const compared = await int8(at('others'), '--out', others);
      expect(compared.out).toMatch(/On 4 other pictures: the same answer for \d, mean/);
      const session = await InferenceSession.create(known);
      expect(session.inputNames).toEqual(['pixels']);
      await session.release();
      expect(statSync(others).size).toBeGreaterThan(0);
    });

    it.each([
      [['--int8'], '--int8: expected also --calibrate <pictures>, got "none"'],
      [['--calibrate', 'x'], '--calibrate: expected also --int8, got "none"'],
    ])('needs both options: %j', async (args, message) => {
      const { code, err } = await cli('export', at('classifier'), '--to', 'onnx', ...args);
      expect(code).toBe(2);
      expect(err).toContain(message);
    });
  });

  it('writes an ONNX file that takes pixels', async () => {
    const out = at('pixels.onnx');
    const { code } = await cli(
      'export',
      at('classifier'),
      '--to',
      'onnx',
      '--input',
      'pixels',
      '--out',
      out,
    );
    expect(code).toBe(0);
    const session = await InferenceSession.create(out);
    expect(session.inputNames).toEqual(['pixels']);
    await session.release();
  });

  it.each([
    [['classifier'], "error: required option '--to <format>' not specified\n"],
    [
      ['classifier', '--to', 'pdf'],
      "error: option '--to <format>' argument 'pdf' is invalid. Allowed choices are savedmodel, onnx.\n",
    ],
    [['none', '--to', 'savedmodel'], /^error: .*metadata\.json: expected a file of a saved/],
    [
      ['classifier', '--to', 'savedmodel', '--model-version', '0'],
      'error: --model-version: expected a positive integer, got 0\n',
    ],
    [
      ['classifier', '--to', 'onnx', '--out', 'weights.bin'],
      /weights\.bin: expected a new file, or an ONNX model that resnet-heads wrote, got "another file"/,
    ],
    [
      ['classifier', '--to', 'savedmodel', '--out', 'classifier'],
      /classifier: expected a new folder, an empty one, or a SavedModel that resnet-heads wrote, got/,
    ],
    [
      ['classifier', '--to', 'onnx', '--input', 'jpeg'],
      'error: --input: expected "tensor" or "pixels" for onnx, got "jpeg"\n',
    ],
  ])('says in one line what is wrong: %j', async ([name = '', ...args], message) => {
    const paths: Partial<Record<string, string>> = {
      'weights.bin': at('classifier/weights.bin'),
      classifier: at('classifier'),
    };
    const { code, err } = await cli(
      ...['export', at(name)],
      ...args.map((arg) => paths[arg] ?? arg),
    );
    expect(code).toBe(2);
    expect(err).toEqual(
      typeof message === 'string' ? message : (expect.stringMatching(message) as string),
    );
    expect(existsSync(at('none'))).toBe(false);
  });
});
