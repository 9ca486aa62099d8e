import { planResnet } from 'resnet-heads/plan';
import { version } from '../../package.json';
import { run } from '../../src/cli/run';

async function cli(...args: string[]) {
  let out = '';
  let err = '';
  const code = await run(args, { out: (text) => (out += text), err: (text) => (err += text) });
  return { code, out, err };
}

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
      'error: inputShape: expected a height and width of at least 32 pixels, got [16, 16, 3]; resize the images: a ResNet halves them five times\n',
    ],
    [
      ['compare', '--input', '224,224'],
      "error: option '--input <size>' argument '224,224' is invalid. Expected a size such as 224, 320x240 or 224x224x3.\n",
    ],
    [
      ['compare', '--input', '0'],
      'error: inputShape: expected three positive integers [height, width, channels], got [0, 0, 3]\n',
    ],
    [
      ['compare', '--input', '99999999'],
      'error: layer "conv1_conv" (Conv2D): expected counts below 2^53, got 23520000000000000000; use a smaller input or head\n',
    ],
    [
      ['compare', '--classes', 'ten'],
      "error: option '--classes <n>' argument 'ten' is invalid. Expected a whole number.\n",
    ],
    [['compare', '--classes', '0'], 'error: numClasses: expected a positive integer, got 0\n'],
    [
      ['compare', '--depth', '34'],
      "error: option '--depth <n>' argument '34' is invalid. Allowed choices are 50, 101, 152.\n",
    ],
    [
      ['compare', '--format', 'yaml'],
      "error: option '--format <name>' argument 'yaml' is invalid. Allowed choices are text, markdown, json.\n",
    ],
    [
      ['compare', 'more'],
      "error: too many arguments for 'compare'. Expected 0 arguments but got 1.\n",
    ],
    [['compute'], "error: unknown command 'compute' (Did you mean compare?)\n"],
  ])('answers %p in one line and with exit code 2', async (args, message) => {
    expect(await cli(...args)).toEqual({ code: 2, out: '', err: message });
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
    expect(examples).toHaveLength(4);
    for (const [, example] of examples) expect((await cli(...example!.split(' '))).code).toBe(0);
  });
});
