import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import {
  attachHead,
  type Classifier,
  loadBackbone,
  loadClassifier,
  pooledHead,
} from 'resnet-heads';
import { fetchedFiles } from '../../src/train/saved/fetched-files';
import { expectNoLeak, messageOf } from '../setup/memory';
import {
  file,
  type Handler,
  status,
  weightServer,
  type WeightServer,
} from '../setup/weight-server';

/** What is read of JSON, to be written again otherwise. */
type Loose = Record<string, unknown>;
interface Layer extends Loose {
  class_name: string;
  name: string;
  config: Loose;
  inbound_nodes: unknown[][];
}
interface ModelJson {
  modelTopology: { class_name: string; config: { layers: Layer[]; [key: string]: unknown } };
  weightsManifest: {
    paths: string[];
    weights: { name: string; shape: number[]; dtype: string }[];
  }[];
}

let around: string;
let good: string;
let folder: string;
let host: WeightServer;
let saved: Classifier;

beforeAll(async () => {
  around = realpathSync(mkdtempSync(join(tmpdir(), 'resnet-heads-hostile-')));
  good = join(around, 'good');
  const model = attachHead(smallBase(), pooledHead({ numClasses: 2 }), { seed: 1 });
  saved = await loadClassifier(model, { classes: ['cat', 'dog'], preprocessing: 'caffe' });
  await saved.save(good);
  host = await weightServer();
});
afterAll(async () => {
  saved.dispose();
  await host.close();
  rmSync(around, { recursive: true, force: true });
});
beforeEach(() => {
  folder = join(around, 'hostile folder');
  rmSync(folder, { recursive: true, force: true });
  cpSync(good, folder, { recursive: true });
  host.answer(serveFolder);
  host.asked.length = 0;
});

/** Two convolutions, the second beside a shortcut. */
function smallBase(): tf.LayersModel {
  const conv = (seed: number) =>
    tf.layers.conv2d({
      name: `conv_${seed}`,
      filters: 3,
      kernelSize: 2,
      padding: 'same',
      kernelInitializer: tf.initializers.glorotUniform({ seed }),
    });
  const input = tf.input({ shape: [32, 32, 3] });
  const first = conv(1).apply(input) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([first, conv(2).apply(first) as tf.SymbolicTensor]);
  return tf.model({ inputs: input, outputs: sum as tf.SymbolicTensor });
}

const serveFolder: Handler = (request, response) => {
  const path = decodeURIComponent(new URL(request.url ?? '', host.url).pathname);
  try {
    file(readFileSync(join(folder, path.split('/').slice(2).join('/'))))(request, response);
  } catch {
    status(404)(request, response);
  }
};

const address = () => new URL('/folder', host.url).href;

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

function editModel(change: (json: ModelJson) => unknown): void {
  const path = join(folder, 'model.json');
  const model = json(path) as ModelJson;
  writeFileSync(path, JSON.stringify(change(model) ?? model));
}
function editMetadata(change: object): void {
  const path = join(folder, 'metadata.json');
  writeFileSync(path, JSON.stringify({ ...(json(path) as object), ...change }));
}

/** Refused by path and by address alike, with nothing left behind. */
async function expectRefused(message: RegExp): Promise<void> {
  await expectNoLeak(async () => {
    for (const source of [folder, address()]) {
      await expect(loadClassifier(source)).rejects.toMatchObject({
        name: 'ArgumentError',
        message: expect.stringMatching(message) as string,
      });
    }
  });
}

const size = () => readFileSync(join(good, 'weights.bin')).length;

describe('the files of a classifier', () => {
  it.each([
    '../good/weights.bin',
    'sub/../../good/weights.bin',
    '/dev/zero',
    './weights.bin',
    '..\\good\\weights.bin',
    'C:weights.bin',
    'http://localhost/weights.bin',
    '',
  ])('are beside it: not %j', async (path) => {
    editModel((json) => {
      json.weightsManifest[0]!.paths = [path];
    });
    await expectRefused(/: expected the weights that model.json names, got a path that leads out/);
    expect(host.asked).toHaveLength(2);
  });

  it('have names, whatever an address would make of them', async () => {
    editModel((json) => {
      json.weightsManifest[0]!.paths = ['%2e%2e', 'good?#', 'weights.bin'].map(
        (name) => `sub/${name}`,
      );
    });
    mkdirSync(join(folder, 'sub'));
    const bytes = readFileSync(join(folder, 'weights.bin'));
    writeFileSync(join(folder, 'sub/%2e%2e'), bytes.subarray(0, 5));
    writeFileSync(join(folder, 'sub/good?#'), bytes.subarray(5, 11));
    writeFileSync(join(folder, 'sub/weights.bin'), bytes.subarray(11));
    const image = tf.randomUniform<tf.Rank.R3>([32, 32, 3], 0, 255, 'int32', 1);
    const expected = await saved.classify(image);
    await expectNoLeak(async () => {
      for (const source of [folder, address(), pathToFileURL(folder), pathToFileURL(folder).href]) {
        const loaded = await loadClassifier(source);
        expect(await loaded.classify(image)).toEqual(expected);
        loaded.dispose();
      }
    });
    image.dispose();
  });

  it('are no links out of the folder, no devices and no pipes', async () => {
    const replace = (make: (path: string) => unknown) => {
      const path = join(folder, 'weights.bin');
      rmSync(path, { force: true });
      make(path);
    };
    for (const [make, got] of [
      [
        (path: string) => {
          symlinkSync(join(good, 'weights.bin'), path);
        },
        'a link that leads out of its folder',
      ],
      [
        (path: string) => {
          symlinkSync('/dev/zero', path);
        },
        'a link that leads out of its folder',
      ],
      [(path: string) => execFileSync('mkfifo', [path]), 'not a regular file'],
      [
        (path: string) => {
          mkdirSync(path);
        },
        'not a regular file',
      ],
    ] as const) {
      replace((path) => {
        rmSync(path, { recursive: true, force: true });
        make(path);
      });
      await expectNoLeak(() =>
        expect(loadClassifier(folder)).rejects.toThrow(
          `weights.bin: expected the weights that model.json names, got ${got}; copy it`,
        ),
      );
      rmSync(join(folder, 'weights.bin'), { recursive: true });
    }
    cpSync(join(good, 'weights.bin'), join(folder, 'real.bin'));
    replace((path) => {
      symlinkSync('real.bin', path);
    });
    (await loadClassifier(folder)).dispose();
  });

  it('have the bytes that model.json says, no fewer and no more', async () => {
    truncateSync(join(folder, 'weights.bin'), size() - 1);
    await expectRefused(
      new RegExp(`weights.bin: expected ${size()} bytes, as model.json says, got ${size() - 1}; `),
    );
    // Terabytes, which nothing reads: sparse in the folder, told by its length over HTTP.
    truncateSync(join(folder, 'weights.bin'), 2 ** 40);
    await expectNoLeak(() =>
      expect(loadClassifier(folder)).rejects.toThrow(`got ${2 ** 40} bytes, more than ${size()}; `),
    );
    host.answer((request, response) => {
      if (request.url?.endsWith('.bin') !== true) serveFolder(request, response);
      else response.writeHead(200, { 'content-length': 2 ** 40 }).write('part');
    });
    await expect(loadClassifier(address())).rejects.toThrow(
      `got ${2 ** 40} bytes, more than ${size()}; `,
    );
  });

  it('are given up at their limit, though their length is not told', async () => {
    let sent = 0;
    const endless: Handler = (_, response) => {
      const chunk = Buffer.alloc(2 ** 20, ' ');
      const more = () => {
        do sent += chunk.length;
        while (response.write(chunk));
      };
      response.on('drain', more);
      more();
    };
    for (const name of ['metadata.json', 'model.json', 'weights.bin']) {
      host.answer((request, response) => {
        (request.url?.endsWith(name) === true ? endless : serveFolder)(request, response);
      });
      await expect(loadClassifier(address())).rejects.toThrow(
        new RegExp(`${name}: expected .*, got \\d+ bytes, more than \\d+; `),
      );
    }
    expect(sent).toBeLessThan(2 ** 28);
  });
});

describe('an address', () => {
  it('that falls silent is given up', async () => {
    for (const silent of [
      () => undefined,
      file(readFileSync(join(good, 'weights.bin')), { stallAfter: 9, ranges: false }),
    ] satisfies Handler[]) {
      host.answer((request, response) => {
        (request.url?.endsWith('.bin') === true ? silent : serveFolder)(request, response);
      });
      await expectNoLeak(() =>
        expect(
          loadClassifier(address(), { timeoutMs: 200, retries: 1, retryDelayMs: 1 }),
        ).rejects.toThrow(
          /weights.bin: expected the weights that model.json names, got nothing for 200 ms; /,
        ),
      );
    }
  });

  it('is let go when the signal says so', async () => {
    const controller = new AbortController();
    host.answer(() => {
      controller.abort(new Error('enough'));
    });
    await expect(loadClassifier(address(), { signal: controller.signal })).rejects.toThrow(
      'enough',
    );
  });

  it('is followed where it leads, and keeps its query', async () => {
    const asked: (string | undefined)[] = [];
    host.answer((request, response) => {
      asked.push(request.url);
      if (request.url?.startsWith('/folder/') === true) {
        response.writeHead(302, { location: request.url.replace('/folder/', '/moved/') }).end();
      } else serveFolder(request, response);
    });
    (await loadClassifier(`${address()}?key=1#part`)).dispose();
    expect([...new Set(asked.filter((url) => url?.startsWith('/folder')))]).toEqual([
      '/folder/metadata.json?key=1',
      '/folder/model.json?key=1',
      '/folder/weights.bin?key=1',
    ]);
  });

  it('is one of HTTP, where there is no Node', () => {
    for (const source of [pathToFileURL(folder), pathToFileURL(folder).href, folder]) {
      expect(messageOf(() => fetchedFiles(source, {}))).toBe(
        `ArgumentError: source: expected an http(s) URL, got "${String(source)}"; paths are read in Node only`,
      );
    }
  });
});

describe('a topology', () => {
  const conv = (json: ModelJson, index: number) =>
    json.modelTopology.config.layers.filter(({ class_name }) => class_name === 'Conv2D')[index]!;

  it.each<[string, (json: ModelJson) => unknown, RegExp]>([
    [
      'a cycle',
      (json) => {
        const last = json.modelTopology.config.layers.at(-1)!.name;
        conv(json, 0).inbound_nodes = [[[last, 0, 0, {}]]];
      },
      /model\.json: expected a layers model that TensorFlow.js can build, got layers in a cycle/,
    ],
    [
      'a layer that takes itself',
      (json) => {
        const layer = conv(json, 0);
        layer.inbound_nodes = [[[layer.name, 0, 0, {}]]];
      },
      /got layers in a cycle/,
    ],
    [
      'a layer that is not there',
      (json) => {
        conv(json, 1).inbound_nodes = [[['nobody', 0, 0, {}]]];
      },
      /got layers in a cycle/,
    ],
    [
      'a call that is never made',
      (json) => {
        conv(json, 1).inbound_nodes = [[[conv(json, 0).name, 7, 0, {}]]];
      },
      /got layers in a cycle/,
    ],
    [
      'an input by its bare name',
      (json) => {
        conv(json, 1).inbound_nodes = [[conv(json, 0).name, 0, 0]];
      },
      /got inbound_nodes other than lists of \[layer, call, output\]/,
    ],
    [
      'a cycle under the other spelling',
      (json) => {
        const layer: Loose = conv(json, 0);
        layer['inboundNodes'] = [[[layer['name'], 0, 0, {}]]];
      },
      /got layers in a cycle/,
    ],
    [
      'a cycle in a wrapper',
      (json) => {
        const layer: Layer = {
          class_name: 'Dense',
          name: 'inner',
          config: { name: 'inner', units: 1 },
          inbound_nodes: [[['inner', 0, 0, {}]]],
        };
        const model = { class_name: 'Model', config: { name: 'm', layers: [layer] } };
        conv(json, 0).config['layer'] = model;
      },
      /got layers in a cycle/,
    ],
    [
      'two layers of one name',
      (json) => {
        const { layers } = json.modelTopology.config;
        layers.push(layers.at(-1)!);
      },
      /got ".*" as the name of a further layer/,
    ],
    [
      'models that call each other twice, thirty deep',
      (json) => {
        const input = { class_name: 'InputLayer', name: 'in', inbound_nodes: [] };
        const nest = (depth: number): unknown => ({
          class_name: 'Model',
          config: {
            name: `m${depth}`,
            layers: [
              { ...input, config: { name: 'in', batch_input_shape: [null, 1] } },
              ...(depth === 0
                ? []
                : [
                    {
                      ...(nest(depth - 1) as object),
                      name: `m${depth - 1}`,
                      inbound_nodes: [[['in', 0, 0, {}]], [[`m${depth - 1}`, 1, 0, {}]]],
                    },
                  ]),
            ],
            input_layers: [['in', 0, 0]],
            output_layers: [depth === 0 ? ['in', 0, 0] : [`m${depth - 1}`, 2, 0]],
          },
        });
        return { ...json, modelTopology: nest(30) };
      },
      /got \d+ calls of layers, more than 10000/,
    ],
    [
      'a hundred thousand layers',
      (json) => {
        const dense = (i: number) => ({ class_name: 'Dense', config: { name: `d${i}`, units: 1 } });
        const layers = Array.from({ length: 1e5 }, (_, i) => dense(i));
        return { ...json, modelTopology: { class_name: 'Sequential', config: { layers } } };
      },
      /got 100000 calls of layers, more than 10000/,
    ],
    [
      'terabytes of weights',
      (json) => {
        conv(json, 1).config['filters'] = 1e12;
      },
      /expected at most the \d+ numbers of its weightsManifest, got more at layer "conv/,
    ],
    [
      'a recurrent layer of terabytes',
      (json) => {
        const layers = [
          {
            class_name: 'LSTM',
            config: { name: 'l', units: 1e9, batch_input_shape: [null, 2, 3] },
          },
        ];
        return {
          ...json,
          modelTopology: { class_name: 'Sequential', config: { name: 's', layers } },
        };
      },
      /got more at layer "/,
    ],
    [
      'a layer of nobody',
      (json) => {
        conv(json, 1).class_name = 'Nobody';
      },
      /expected layers that TensorFlow.js knows, got "Nobody"/,
    ],
    [
      'weights of another layer',
      (json) => {
        json.weightsManifest[0]!.weights[0]!.name = 'nobody/kernel';
      },
      /model\.json: expected the weights of its layers, got /,
    ],
    [
      'weights of another shape',
      (json) => {
        json.weightsManifest[0]!.weights[0]!.shape.reverse();
      },
      /model\.json: expected the weights of its layers, got /,
    ],
    [
      'the same weight twice',
      (json) => {
        const { weights } = json.weightsManifest[0]!;
        weights.push(weights[0]!);
      },
      /expected each weight once, got/,
    ],
    [
      'a shape below nothing',
      (json) => {
        json.weightsManifest[0]!.weights[0]!.shape = [-1];
      },
      /expected a weightsManifest of paths and weights, got/,
    ],
    [
      'a weight of terabytes',
      (json) => {
        json.weightsManifest[0]!.weights[0]!.shape = [1e12];
      },
      /expected weights of at most 2000000000 bytes, got/,
    ],
    [
      'no manifest',
      ({ modelTopology }) => ({ modelTopology }),
      /expected a weightsManifest of paths and weights, got undefined/,
    ],
    [
      'no topology',
      ({ weightsManifest }) => ({ weightsManifest }),
      /expected a layers model, got JSON without modelTopology/,
    ],
    [
      'a graph model',
      (json) => ({ ...json, modelTopology: { node: [] } }),
      /expected a layers model, got a GraphModel, /,
    ],
    ['a number', () => 7, /expected a layers model, got JSON/],
    [
      'no model at all',
      (json) => {
        json.modelTopology.class_name = 'Dense';
      },
      /model\.json: expected/,
    ],
  ])('with %s is refused before anything waits for it', async (_, change, message) => {
    editModel(change);
    await expectRefused(message);
  });

  it.each<[string, () => tf.layers.Layer, number]>([
    ['an upsampling', () => tf.layers.upSampling2d({ name: 'up', size: [10_000, 10_000] }), 16],
    [
      'a padding',
      () =>
        tf.layers.zeroPadding2d({
          name: 'up',
          padding: [
            [0, 1e6],
            [0, 1e6],
          ],
        }),
      16,
    ],
    ['an input size', () => tf.layers.reLU({ name: 'up' }), 100_000],
  ])('whose activations are terabytes, by %s, is refused', async (_, layer, side) => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 2, kernelSize: 1, inputShape: [null, null, 3] }),
        layer(),
        tf.layers.globalAveragePooling2d({}),
        tf.layers.activation({ activation: 'softmax' }),
      ],
    });
    const known = { classes: ['a', 'b'], preprocessing: 'tf' } as const;
    const classifier = await loadClassifier(model, { ...known, inputSize: [side, side] });
    await classifier.save(folder);
    classifier.dispose();
    await expectRefused(/^model: expected layers with at most 268435456 output values per image/);
  });

  it('of lists in lists is refused', async () => {
    const text = readFileSync(join(folder, 'model.json'), 'utf8');
    const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
    writeFileSync(join(folder, 'model.json'), text.replace('"config":', `"x":${deep},"config":`));
    await expectRefused(/got lists or objects nested too deep/);
  });

  it('is built, where layers and models are called several times and in any order', async () => {
    const inner = tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 3, kernelSize: 1, inputShape: [8, 8, 3] }),
        tf.layers.reLU(),
      ],
    });
    const input = tf.input({ shape: [8, 8, 3] });
    const shared = tf.layers.conv2d({ filters: 3, kernelSize: 1 });
    const once = shared.apply(inner.apply(input)) as tf.SymbolicTensor;
    const twice = shared.apply(inner.apply(once)) as tf.SymbolicTensor;
    const sum = tf.layers.add().apply([once, twice]) as tf.SymbolicTensor;
    const pooled = tf.layers.globalAveragePooling2d({}).apply(sum) as tf.SymbolicTensor;
    const model = tf.model({
      inputs: input,
      outputs: tf.layers.softmax().apply(pooled) as tf.SymbolicTensor,
    });
    const classes = ['a', 'b', 'c'];
    const classifier = await loadClassifier(model, { classes, preprocessing: 'tf' });
    await classifier.save(folder);
    editModel((json) => {
      json.modelTopology.config.layers.reverse();
    });
    const image = tf.randomUniform<tf.Rank.R3>([8, 8, 3], 0, 255, 'int32', 1);
    const expected = await classifier.classify(image);
    classifier.dispose();
    const loaded = await loadClassifier(folder);
    expect(await loaded.classify(image)).toEqual(expected);
    loaded.dispose();
    image.dispose();
  });
});

describe('metadata', () => {
  it.each([
    [
      { inputSize: [64, 32] },
      "metadata.inputSize: expected a size that fits the model's input [32, 32, 3], got [64, 32]",
    ],
    [{ classes: ['cat'] }, 'metadata.classes: expected a name for each of 2 scores, got ["cat"]'],
  ])('%j is held against the model', async (wrong, message) => {
    editMetadata(wrong);
    await expectNoLeak(async () => {
      await expect(loadClassifier(folder)).rejects.toThrow(message);
    });
  });

  it('is held against a backbone and a head as well', async () => {
    await saved.save(folder, { scope: 'head' });
    editMetadata({ inputSize: [64, 64] });
    const backbone = await loadBackbone(smallBase(), { preprocessing: 'caffe' });
    await expectNoLeak(async () => {
      await expect(loadClassifier(folder, { backbone })).rejects.toThrow('metadata.inputSize');
    });
    backbone.dispose();
  });
});

it('holds a backbone from a folder to the same', async () => {
  editModel((json) => {
    json.weightsManifest[0]!.paths = ['../good/weights.bin'];
  });
  await expectNoLeak(() =>
    expect(loadBackbone(folder, { preprocessing: 'caffe' })).rejects.toThrow(
      'a path that leads out',
    ),
  );
});
