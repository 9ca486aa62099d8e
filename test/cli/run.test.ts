import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelStats, planResnet } from 'resnet-heads/plan';
import { version } from '../../package.json';
import { cli } from '../setup/cli';
import { modelGoldens } from '../setup/model-goldens';
import { file, weightServer } from '../setup/weight-server';

describe('resnet-heads compare', () => {
  it('sets the three heads side by side', async () => {
    const { code, out, err } = await cli('compare');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('parameters     |    23,608,202 |   126,359,434 |    25,696,138\n');
  });

  it('passes every option on', async () => {
    const { code, out } = await cli(
      ...['compare', '--classes', '3', '--input', '96x64x1', '--depth', '101'],
      ...['--variant', 'v1.5', '--hidden-units', '7', '--format', 'json'],
    );
    expect(code).toBe(0);
    const { plans } = JSON.parse(out) as { plans: unknown[] };
    const expected = (['pooled', 'flattened', 'dense'] as const).map((head) => {
      const shared = {
        numClasses: 3,
        depth: 101,
        variant: 'v1.5',
        inputShape: [96, 64, 1],
      } as const;
      const { layers, ...summary } = planResnet(
        head === 'pooled' ? { head, ...shared } : { head, hiddenUnits: 7, ...shared },
      );
      return { ...summary, layerCount: layers.length };
    });
    expect(plans).toEqual(expected);
  });

  it.each([
    [['compare', '--clases', '3'], "error: unknown option '--clases' (Did you mean --classes?)\n"],
    [
      ['compare', '--input', '16'],
      'error: --input: expected a height and width of at least 32 pixels, got [16, 16, 3]; resize the images: a ResNet halves them five times\n',
    ],
    [
      ['compare', '--input', '224,224'],
      "error: option '--input <size>' argument '224,224' is invalid. Expected a size such as 224, 320x240 or 224x224x3.\n",
    ],
    [
      ['compare', '--input', '0'],
      'error: --input: expected three positive integers [height, width, channels], got [0, 0, 3]\n',
    ],
    [
      ['compare', '--input', '99999999'],
      'error: layer "conv1_conv" (Conv2D): expected counts below 2^53, got 23520000000000000000; use a smaller input or head\n',
    ],
    [
      ['compare', '--classes', 'ten'],
      "error: option '--classes <n>' argument 'ten' is invalid. Expected a whole number.\n",
    ],
    [['compare', '--classes', '0'], 'error: --classes: expected a positive integer, got 0\n'],
    [
      ['compare', '--depth', '20'],
      "error: option '--depth <n>' argument '20' is invalid. Allowed choices are 18, 34, 50, 101, 152.\n",
    ],
    [
      ['compare', '--depth', '34', '--variant', 'v1'],
      'error: --variant: expected "v1.5" at depth 34, got "v1"; Keras has no ResNet-34; leave the variant out\n',
    ],
    [
      ['compare', '--format', 'yaml'],
      "error: option '--format <name>' argument 'yaml' is invalid. Allowed choices are text, markdown, json, svg.\n",
    ],
    [
      ['compare', 'photos', 'more'],
      "error: too many arguments for 'compare'. Expected 1 argument but got 2.\n",
    ],
    [['compute'], "error: unknown command 'compute' (Did you mean compare?)\n"],
  ])('answers %p in one line and with exit code 2', async (args, message) => {
    expect(await cli(...args)).toEqual({ code: 2, out: '', err: message });
  });
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-cli-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('resnet-heads compare, on memory and to files', () => {
  it('says what fits a budget, and the largest input that does', async () => {
    const { code, out } = await cli('compare', '--input', '448', '--budget', '2GB');
    expect(code).toBe(0);
    expect(out).toMatch(/^in 2 GB {3}\| use +\| +needs \| fits \| +largest input that fits$/m);
    expect(out).toMatch(/^pooled +\| predict +\| +\d+ MB \| yes +\| +\d+ × \d+ \(1\.\d+ GB\)$/m);
    expect(out).toMatch(/^flattened \| train, features cached \| 29\.6 GB \| no +\| +96 × 96 /m);
    const json = await cli('compare', '--budget', '512MB', '--batch-size', '4', '--format', 'json');
    const { budget } = JSON.parse(json.out) as {
      budget: { bytes: number; heads: { head: string; memory: { batchSize: number } }[] };
    };
    expect(budget.bytes).toBe(512e6);
    expect(budget.heads.map(({ head }) => head).slice(0, 4)).toEqual([
      ...['pooled', 'pooled', 'pooled', 'flattened'],
    ]);
    expect(budget.heads.every(({ memory }) => memory.batchSize === 4)).toBe(true);
  });

  it('writes a file by its extension, and nothing where it can’t', async () => {
    const at = (name: string) => join(folder, name);
    expect(await cli('compare', '--out', at('a.json'))).toEqual({ code: 0, out: '', err: '' });
    expect(Object.keys(JSON.parse(readFileSync(at('a.json'), 'utf8')) as object)).toEqual([
      'plans',
    ]);
    await cli('compare', '--out', at('a.md'));
    expect(readFileSync(at('a.md'), 'utf8')).toMatch(/^\| +\| +pooled \|/);
    await cli('compare', '--out', at('a.txt'), '--format', 'markdown');
    expect(readFileSync(at('a.txt'), 'utf8')).toMatch(/^\| /);
    const { code, err } = await cli('compare', '--out', at('none/a.json'));
    expect(code).toBe(2);
    expect(err).toMatch(
      /^error: .*none\/a\.json: expected a file that can be written, got ENOENT[^\n]*\n$/,
    );
    expect(readdirSync(folder).sort()).toEqual(['a.json', 'a.md', 'a.txt']);
  });

  it.each([
    [['--budget', 'much'], /Expected bytes such as 2GB, 512MB or 1000000\.\n$/],
    [['--budget', '0'], /Expected bytes such as/],
    [
      ['--budget', '1GB', '--format', 'svg'],
      /^error: --budget: expected text, markdown or json as format, got svg/,
    ],
    [['--batch-size', '0'], /^error: --batch-size: expected a positive integer, got 0\n$/],
  ])('answers %j in one line and with exit code 2', async (args, message) => {
    const budget = args.includes('--budget') ? [] : ['--budget', '1GB'];
    const { code, err } = await cli('compare', ...args, ...budget);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe('resnet-heads inspect', () => {
  const fixture = join(__dirname, '../goldens/weights/keras3.keras');
  const golden = modelGoldens.find(({ name }) => name === 'TinyNested')!;

  it('reads a model.json and a .keras archive, by path and by URL', async () => {
    const path = join(folder, 'model.json');
    writeFileSync(
      path,
      JSON.stringify({ format: 'layers-model', modelTopology: golden.topologyLegacy }),
    );
    const { code, out, err } = await cli('inspect', path, '--format', 'json');
    expect([code, err]).toEqual([0, '']);
    expect((JSON.parse(out) as ModelStats).totals).toMatchObject({
      ...golden.totals,
      macs: golden.macs.total,
    });
    expect((await cli('inspect', fixture)).out).toMatch(/^memory to predict, batch 1 +\|/m);

    const host = await weightServer();
    host.answer(file(new Uint8Array(readFileSync(fixture))));
    const [far, near] = [await cli('inspect', host.url), await cli('inspect', fixture)];
    expect(far).toEqual(near);
    await host.close();
  });

  it('takes a folder with a model.json, as loadBackbone does', async () => {
    const path = mkdtempSync(join(folder, 'model-'));
    writeFileSync(
      join(path, 'model.json'),
      JSON.stringify({ format: 'layers-model', modelTopology: golden.topologyLegacy }),
    );
    const result = await cli('inspect', path);
    expect(result).toEqual(await cli('inspect', join(path, 'model.json')));
    expect(result.code).toBe(0);
    rmSync(join(path, 'model.json'));
    const { code, err } = await cli('inspect', path);
    expect(code).toBe(2);
    expect(err).toMatch(
      /or a folder with a model\.json, got ".*model\.json"; there is no such file\n$/,
    );
  });

  it('counts an ONNX file, channels first, at a size', async () => {
    const path = join(__dirname, '../goldens/onnx/maps-torchscript.onnx');
    const { out, err, code } = await cli('inspect', path, '--input', '64', '--format', 'json');
    expect([code, err]).toEqual([0, '']);
    const { inputShapes, totals } = JSON.parse(out) as ModelStats;
    expect([inputShapes, totals.params]).toEqual([[[3, 64, 64]], 553]);
  });

  it('gives advice for an ONNX file of any size in terms of its option', async () => {
    const path = join(__dirname, '../goldens/onnx/maps-torchscript.onnx');
    const { code, err } = await cli('inspect', path);
    expect(code).toBe(2);
    expect(err).toBe(
      'error: --input: expected positive integers, got ["batch", 3, "height", "width"]; ' +
        'pass a size: 224, 320x240 (height x width) or 224x224x1 (height x width x channels)\n',
    );
    const { out } = await cli('inspect', path, '--input', '64');
    expect(out).not.toMatch(/train/);
  });

  it('counts at a size, and draws', async () => {
    const picture = join(folder, 'model.svg');
    expect((await cli('inspect', fixture, '--out', picture)).code).toBe(0);
    expect(readFileSync(picture, 'utf8')).toMatch(/^<svg /);
    const small = await cli('inspect', fixture, '--input', '64', '--format', 'json');
    expect((JSON.parse(small.out) as ModelStats).inputShapes).toEqual([[64, 64, 3]]);
  });

  it.each([
    ['nothing.json', undefined, 2, /there is no such file\n$/],
    ['page.json', '<html>', 2, /is it a model\.json, a \.keras file or an ONNX file\?\n$/],
    ['number.json', '3', 2, /expected a model's topology, got 3\n$/],
    ['weights.h5', '\u0089HDF', 2, /got none of them; /],
    ['broken.keras', 'PK\u0003\u0004', 1, /^error: zip archive: expected a directory/],
    ['graph.json', '{"format":"graph-model","modelTopology":{"node":[]}}', 2, /graph-model/],
  ])('tells in one line what is wrong with %s', async (name, content, code, message) => {
    const path = join(folder, name);
    if (content !== undefined) writeFileSync(path, content);
    const result = await cli('inspect', path);
    expect(result.code).toBe(code);
    expect(result.err).toMatch(message);
    expect(result.err).toMatch(/^[^\n]+\n$/);
  });
});

describe('resnet-heads', () => {
  it('teaches', async () => {
    const { code, out } = await cli('compare', '--help');
    expect(code).toBe(0);
    for (const option of [
      '--classes',
      '--input',
      '--depth',
      '--variant',
      '--hidden-units',
      '--format',
    ]) {
      expect(out).toContain(option);
    }
    expect(out).toContain('Examples:');
    expect((await cli('--help')).out).toContain('compare');
  });

  it('tells its version', async () => {
    expect(await cli('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('shows its help, with exit code 2, where nothing is asked of it', async () => {
    const { code, out, err } = await cli();
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: resnet-heads');
  });

  // Each example of the help does what the help says it does.
  it('gives examples that run', async () => {
    const { out } = await cli('compare', '--help');
    const examples = [
      ...out.matchAll(/^ {2}\$ resnet-heads (compare[^|\n]*?)(?: {2,}.*| \|.*)?$/gm),
    ];
    expect(examples).toHaveLength(7);
    // scripts/matrix measures, in a process whose backend is its own; compare.slow.test.ts has pictures.
    const run = examples
      .map(([, example = '']) => example)
      .filter((each) => !each.includes('--measure') && !each.includes('photos'));
    expect(run).toHaveLength(5);
    for (const example of run) {
      const inFolder = example.replace('--out ', `--out ${folder}/`);
      expect((await cli(...inFolder.split(' '))).code).toBe(0);
    }
    expect(readFileSync(join(folder, 'heads.svg'), 'utf8')).toMatch(/^<svg /);
  });
});

describe('a package that is missing', () => {
  it('is told in one line', async () => {
    jest.doMock('echarts', () => {
      throw new Error('Cannot find module');
    });
    const result = await cli('compare', '--format', 'svg');
    jest.dontMock('echarts');
    expect(result).toEqual({
      code: 1,
      out: '',
      err: 'error: echarts: expected it to be installed, got no such package; npm install echarts\n',
    });
  });
});
