import { figures } from '../../src/numbers';
import { cli } from '../setup/cli';

const train = (...args: string[]) => cli('train', 'no-photos', '--out', 'model', ...args);

describe('a number on the command line', () => {
  it.each(
    ['--l2', '--learning-rate', '--dropout', '--validation'].flatMap((flag) =>
      [
        '0x10',
        '0b1',
        '0o7',
        '',
        ' ',
        'Infinity',
        'NaN',
        '1e400',
        '1_000',
        '1,5',
        '.',
        'e3',
        '-1',
      ].map((text) => [flag, text] as const),
    ),
  )('is decimal: %s %j', async (flag, text) => {
    const { code, err } = await train(`${flag}=${text}`);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(
        new RegExp(
          `^error: option '${flag} <x>' argument '${text}' is invalid. Expected a (positive number|number from 0 to below 1).\n$`,
        ),
      ),
    ]);
  });

  it.each(['0.5', '.5', '5e-1', '+0.5', '0.50'])('may be written %s', async (text) => {
    // The folder is missing: the number was right.
    for (const flag of ['--l2', '--dropout', '--validation']) {
      expect((await train(`${flag}=${text}`)).err).toMatch(/^error: pictures: /);
    }
  });

  it('is an integer where only those count', async () => {
    for (const text of ['1.5', '0x10', '1e3', '']) {
      expect((await train(`--epochs=${text}`)).err).toContain('Expected a whole number.');
    }
  });
});

it('says which options go with --l2 and --solver lbfgs', async () => {
  for (const [args, message] of [
    ['--solver adam --l2 0.1', '--l2: expected --head pooled and no option of Adam with it'],
    ['--epochs 3 --l2 0.1', '--l2: expected --head pooled and no option of Adam with it'],
    [
      '--head flattened --solver lbfgs',
      '--solver: expected --head pooled without --dropout with it',
    ],
  ] as const) {
    expect((await train(...args.split(' '))).err).toBe(
      `error: ${message}, as it has no effect otherwise\n`,
    );
  }
});

it('the help says what an SVG needs, and where features are kept', async () => {
  for (const command of ['evaluate', 'compare', 'inspect']) {
    expect((await cli(command, '--help')).out.replaceAll(/\s+/g, ' ')).toContain(
      'write to a file instead of standard output; an SVG needs `npm install echarts`',
    );
  }
  const { out } = await cli('train', '--help');
  expect(out.replaceAll(/\s+/g, ' ')).toContain(
    'Features are kept in ~/.cache/resnet-heads/features, or below $XDG_CACHE_HOME',
  );
});

it('figures() writes very small and very large numbers with an exponent', () => {
  expect([1e-320, 1.234e-7, 1e-4, 0.01234, 0, 12345, 1.5e22].map(figures)).toEqual([
    ...['1.00e-320', '1.23e-7', '0.0001', '0.0123', '0', '12,300', '1.50e+22'],
  ]);
});
