import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModelFolder } from '../../src/node/load-model-folder';
import { readKerasArchive } from '../../src/weights/formats/keras-archive';
import { answers, archive, FOLDER, goldens } from '../keras/goldens';
import { expectNoLeak } from '../setup/memory';
import { miniResnet, numbers } from '../setup/mini-resnet';
import { saveModel } from '../setup/save-model';

interface Layer {
  class_name: string;
  config: Record<string, unknown>;
}
interface ModelJson {
  format?: string;
  modelTopology: { class_name?: string; config: { layers: Layer[] }; keras_version?: string };
  weightsManifest: {
    paths: string[];
    weights: { name: string; shape: number[]; dtype?: string }[];
  }[];
}

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-model-'));
  const model = miniResnet('v1', 1);
  await saveModel(model, folder);
  model.dispose();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Rewrites model.json. */
function edit(change: (json: ModelJson) => unknown): void {
  const json = JSON.parse(readFileSync(at('model.json'), 'utf8')) as ModelJson;
  writeFileSync(at('model.json'), JSON.stringify(change(json) ?? json));
}

describe('loadModelFolder', () => {
  it('takes the folder, and the model.json in it', async () => {
    const whole = await loadModelFolder(folder);
    const byFile = await loadModelFolder(at('model.json'));
    expect(numbers(byFile)).toEqual(numbers(whole));
    whole.dispose();
    byFile.dispose();
  });

  it.each(['guide.keras', 'converted', 'converted/model.json'])(
    'reads what Keras 3 saved: %s',
    async (name) => {
      const { inputShape, outputs } = goldens['guide']!;
      await expectNoLeak(async () => {
        const model = await loadModelFolder(join(FOLDER, name));
        expect(answers(model, inputShape)[0]).toBeAllclose(outputs[0]!, 1e-5);
        model.dispose();
      });
    },
  );

  it('reads a model.json whose topology is the config.json of Keras 3', async () => {
    const { config, file } = await readKerasArchive(archive('sequential'));
    const names = [
      'conv/kernel',
      'conv/bias',
      'conv_1/kernel',
      'conv_1/bias',
      'dense/kernel',
      'dense/bias',
    ];
    const weights = file.arrays.map(({ shape }, i) => ({
      name: names[i]!,
      shape,
      dtype: 'float32',
    }));
    writeFileSync(
      at('weights.bin'),
      Buffer.concat(
        file.arrays.map(
          ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        ),
      ),
    );
    writeFileSync(
      at('model.json'),
      JSON.stringify({
        modelTopology: config,
        weightsManifest: [{ paths: ['weights.bin'], weights }],
      }),
    );
    const model = await loadModelFolder(folder);
    const { inputShape, outputs } = goldens['sequential']!;
    expect(answers(model, inputShape)[0]).toBeAllclose(outputs[0]!, 1e-5);
    model.dispose();
  });

  it('refuses a .keras file that is not there, or is none', async () => {
    await expect(loadModelFolder(at('none.keras'))).rejects.toThrow(
      /expected the path of a \.keras file, got .*none\.keras/,
    );
    writeFileSync(at('text.keras'), 'text');
    await expect(loadModelFolder(at('text.keras'))).rejects.toThrow(/text\.keras: zip archive: /);
  });

  it.each<[string, RegExp, () => unknown]>([
    [
      'missing weights',
      /^.*weights\.bin: expected the weights that model\.json names, got no such file; copy it/,
      () => {
        rmSync(at('weights.bin'));
      },
    ],
    [
      'weights that are a folder',
      /weights\.bin: expected the weights that model\.json names, got not a regular file/,
      () => {
        rmSync(at('weights.bin'));
        mkdirSync(at('weights.bin'));
      },
    ],
    [
      'short weights',
      /weights\.bin: expected \d+ bytes, as model\.json says, got 1000; /,
      () => {
        truncateSync(at('weights.bin'), 1_000);
      },
    ],
    [
      'long weights',
      /weights\.bin: expected the weights that model\.json names, got 2000000 bytes, more than \d+; /,
      () => {
        writeFileSync(at('weights.bin'), Buffer.alloc(2_000_000));
      },
    ],
    [
      'a GraphModel',
      /model\.json: expected a layers model, got a GraphModel, which has no layers; save the Keras model as \.keras, or convert it .*tfjs_layers_model/,
      () => {
        writeFileSync(
          at('model.json'),
          '{"format":"graph-model","modelTopology":{"node":[]},"weightsManifest":[]}',
        );
      },
    ],
    [
      'a topology that is half of Keras 3',
      /model\.json: expected inbound_nodes with args and kwargs, got /,
      () => {
        edit((json) => {
          const [input] = json.modelTopology.config.layers;
          delete input!.config['batch_input_shape'];
          input!.config['batch_shape'] = [null, 32, 32, 3];
          json.modelTopology.keras_version = '3.5.0';
        });
      },
    ],
    [
      'an unknown layer',
      /model\.json: expected layers that TensorFlow\.js knows, got "MyAttention"; /,
      () => {
        edit((json) => {
          json.modelTopology.config.layers[2]!.class_name = 'MyAttention';
        });
      },
    ],
    [
      'no topology',
      /model\.json: expected a layers model, got JSON without modelTopology/,
      () => {
        edit(() => ({ format: 'layers-model' }));
      },
    ],
    [
      'no object',
      /model\.json: expected a layers model, got JSON without modelTopology/,
      () => {
        edit(() => [1]);
      },
    ],
    [
      'a manifest that is none',
      /model\.json: expected a weightsManifest of paths and weights, got /,
      () => {
        edit((json) => ({ ...json, weightsManifest: [{ paths: 3 }] }));
      },
    ],
    [
      'a damaged topology',
      /model\.json: expected a layers model that TensorFlow\.js can build, got no list of layers; /,
      () => {
        edit((json) => ({ ...json, modelTopology: { class_name: 'Model', config: 7 } }));
      },
    ],
  ])('refuses %s, and leaves no tensor', async (_, message, damage) => {
    damage();
    await expectNoLeak(async () => {
      const error = await loadModelFolder(folder).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'ArgumentError' });
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toContain('\n');
      expect((error as Error).message).toContain(folder);
    });
  });

  it.each<[string, RegExp, () => void]>([
    [
      'no weightsManifest',
      /expected a weightsManifest of paths and weights, got undefined; save the model again/,
      () => {
        edit((json) => ({ ...json, weightsManifest: undefined }));
      },
    ],
    [
      'an empty weightsManifest',
      /expected at most the 0 numbers of its weightsManifest, got more at layer "conv1_conv"/,
      () => {
        edit((json) => ({ ...json, weightsManifest: [] }));
      },
    ],
    [
      'a weightsManifest without one of the weights',
      /expected at most the \d+ numbers of its weightsManifest, got more at layer /,
      () => {
        edit((json) => {
          const missing = json.weightsManifest[0]!.weights.pop()!;
          const bytes = readFileSync(at('weights.bin'));
          const length = 4 * missing.shape.reduce((product, size) => product * size, 1);
          writeFileSync(at('weights.bin'), bytes.subarray(0, bytes.length - length));
        });
      },
    ],
    [
      'a weightsManifest with another weight in the place of one',
      /expected the weights of its layers, got .*none\/kernel/,
      () => {
        edit((json) => {
          json.weightsManifest[0]!.weights[0]!.name = 'none/kernel';
        });
      },
    ],
    [
      'weights of another shape',
      /expected the weights of its layers, got .*; copy the model's files again/,
      () => {
        edit((json) => {
          json.weightsManifest[0]!.weights[0]!.shape.reverse();
        });
      },
    ],
    [
      'weights of a layer that is not there',
      /expected the weights of its layers, got .*none\/kernel/,
      () => {
        edit((json) => {
          json.weightsManifest[0]!.weights.push({
            name: 'none/kernel',
            shape: [0],
            dtype: 'float32',
          });
        });
      },
    ],
    ...[NaN, Infinity, -Infinity].map((value): [string, RegExp, () => void] => [
      `${value} among the weights`,
      new RegExp(`conv1_conv/bias expected finite numbers, got ${value} at 1; the file is damaged`),
      () => {
        const bytes = readFileSync(at('weights.bin'));
        edit((json) => {
          let offset = 4;
          for (const { name, shape } of json.weightsManifest[0]!.weights) {
            if (name === 'conv1_conv/bias') bytes.writeFloatLE(value, offset);
            offset += 4 * shape.reduce((product, size) => product * size, 1);
          }
        });
        writeFileSync(at('weights.bin'), bytes);
      },
    ]),
  ])('refuses %s, and leaves no tensor', async (_, message, damage) => {
    damage();
    await expectNoLeak(async () => {
      const error = await loadModelFolder(folder).catch((reason: unknown) => reason);
      expect((error as Error).name).toMatch(/^(Argument|Weights)Error$/);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).toContain(at('model.json'));
    });
  });

  it('says what a file is that holds no layers model', async () => {
    for (const name of ['model.bin', 'model.h5', 'weights.safetensors']) {
      writeFileSync(at(name), 'x');
      await expect(loadModelFolder(at(name))).rejects.toThrow(
        `${at(name)}: expected a folder with a model.json, that model.json, or a .keras file, got another file; `,
      );
    }
  });
});
