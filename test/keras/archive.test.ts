import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { analyze, exportOnnx, foldBatchNorm } from 'resnet-heads';
import { readKerasModel } from '../../src/keras/archive';
import { readKerasArchive } from '../../src/weights/formats/keras-archive';
import { expectNoLeak } from '../setup/memory';
import { reload } from '../setup/reload';
import { answers, archive, free, goldens } from './goldens';

/** Of the largest number in the answer: single precision, whose sums are taken in another order. */
const TOLERANCE = 1e-5;

interface Config {
  config: { layers: { class_name: string; config: Record<string, unknown> }[] };
}

/** An archive whose configuration, or whose HDF5, is another. */
function edited(
  name: string,
  config: (value: Config) => void,
  hdf5: (bytes: Uint8Array) => void = () => undefined,
): Uint8Array {
  const members = unzipSync(archive(name));
  const value = JSON.parse(strFromU8(members['config.json']!)) as Config;
  config(value);
  hdf5(members['model.weights.h5']!);
  return zipSync({ ...members, 'config.json': strToU8(JSON.stringify(value)) });
}

const layer = ({ config }: Config, name: string) =>
  config.layers.find((each) => each.config['name'] === name)!;

describe('readKerasModel', () => {
  it.each(Object.entries(goldens))('answers as Keras does: %s', async (name, golden) => {
    await expectNoLeak(async () => {
      const model = await readKerasModel(archive(name), name);
      const got = answers(model, golden.inputShape);
      free(model);
      expect(got).toHaveLength(golden.outputs.length);
      for (const [i, output] of golden.outputs.entries()) {
        expect(got[i]).toBeAllclose(output, TOLERANCE);
      }
    });
  });

  it('gives a model that is saved and loaded, folded, and exported', async () => {
    for (const name of ['guide', 'efficient', 'preactivated']) {
      const { inputShape, outputs } = goldens[name]!;
      const model = await readKerasModel(archive(name), name);
      const again = await reload(model);
      const { model: folded } = await foldBatchNorm(model);
      for (const each of [again, folded]) {
        expect(answers(each, inputShape)[0]).toBeAllclose(outputs[0]!, TOLERANCE);
        each.dispose();
      }
      expect((await exportOnnx(model)).length).toBeGreaterThan(1000);
      model.dispose();
    }
  });

  // Not every_layer: TensorFlow.js's SeparableConv2D leaves its depthMultiplier out of its own configuration.
  it.each(['guide', 'efficient', 'preactivated', 'activations', 'nested', 'sequential'])(
    'costs what its configuration says: %s',
    async (name) => {
      const { config } = await readKerasArchive(archive(name));
      const model = await readKerasModel(archive(name), name);
      const [built, said] = [analyze(model), analyze(config as object)];
      free(model);
      // The order of channels is a convolution in TensorFlow.js.
      const reordered = built.layers.filter((row) => /^(stack|get_item)/.test(row.name));
      const extra = reordered.reduce((sum, { macs }) => sum + (macs ?? NaN), 0);
      expect(built.totals.macs).toBe(said.totals.macs + extra);
      expect(built.outputShapes).toEqual(said.outputShapes);
    },
  );

  it('keeps what was frozen, and shares no memory with the archive', async () => {
    const bytes = archive('guide');
    const model = await readKerasModel(bytes, 'guide');
    const trained = model.trainableWeights.map(({ originalName }) => originalName);
    expect(trained).toEqual(['predictions/kernel', 'predictions/bias']);
    bytes.fill(0);
    const { inputShape, outputs } = goldens['guide']!;
    expect(answers(model, inputShape)[0]).toBeAllclose(outputs[0]!, TOLERANCE);
    model.dispose();
  });

  it.each<[string, () => Uint8Array | Promise<Uint8Array>, string, RegExp]>([
    ['no archive', () => new Uint8Array(100), 'WeightsError', /^it: zip archive: /],
    [
      'weights of another shape',
      () =>
        edited('sequential', (value) => {
          layer(value, 'conv').config['kernel_size'] = [1, 3];
        }),
      'WeightsError',
      /^it: conv\/kernel expected \[1, 3, 3, 4\], got \[3, 3, 3, 4\]; /,
    ],
    [
      'weights that are not there',
      () =>
        edited('sequential', (value) => {
          const [first] = value.config.layers.splice(-1, 1);
          value.config.layers.splice(2, 0, {
            class_name: 'Conv2D',
            config: { ...first!.config, name: 'new', filters: 3, kernel_size: [1, 1] },
          });
        }),
      'WeightsError',
      /^it: \S+ expected .*, got /,
    ],
    [
      'more weights than layers take',
      () =>
        edited('sequential', (value) => {
          layer(value, 'dense').config['use_bias'] = false;
        }),
      'WeightsError',
      /^it: dense expected 1 weights, got more; /,
    ],
    [
      'terabytes',
      () =>
        edited('sequential', (value) => {
          layer(value, 'dense').config['units'] = 1e12;
        }),
      'ArgumentError',
      /^it: expected at most the \d+ numbers of its weights, got more at layer "dense"; /,
    ],
    [
      'a layer that TensorFlow.js lacks',
      () =>
        edited('sequential', (value) => {
          layer(value, 'contrast').class_name = 'Resizing';
        }),
      'ArgumentError',
      /^it: layer "contrast" \(Resizing\): expected a layer that TensorFlow\.js can compute/,
    ],
    [
      'a NaN',
      async () => {
        const { file } = await readKerasArchive(archive('sequential'));
        const { data } = file.arrays.find(({ name }) => name === 'dense/vars/1')!;
        const bias = Buffer.from(data.slice().buffer);
        return edited(
          'sequential',
          () => undefined,
          (bytes) => {
            const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(bias);
            new DataView(bytes.buffer, bytes.byteOffset).setFloat32(at + 4, NaN, true);
          },
        );
      },
      'WeightsError',
      /^it: dense\/bias expected finite numbers, got NaN at 1; /,
    ],
  ])('refuses %s, and leaves no tensor', async (_, make, name, message) => {
    await expectNoLeak(async () => {
      const error: unknown = await readKerasModel(await make(), 'it').catch(
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ name });
      expect((error as Error).message).toMatch(message);
    });
  });
});
