import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { showProgress } from '../../src/cli/progress';
import { run } from '../../src/cli/run';
import { terminalOf } from '../../src/cli/terminal';
import { fakeTerminal } from '../setup/fake-terminal';
import { miniResnet } from '../setup/mini-resnet';
import { drawPictures } from '../setup/picture-folder';
import { saveModel } from '../setup/save-model';

/** Lines on standard error, and a clock to set. */
function log(live?: NodeJS.WriteStream) {
  let err = '';
  const terminal = terminalOf({ out: () => undefined, err: (text) => (err += text), live });
  const clock = { ms: 0 };
  return { terminal, clock, now: () => clock.ms, lines: () => err.split('\n').slice(0, -1) };
}

describe('progress where there is no terminal', () => {
  it('is a line every ten seconds, with the time left once it can be told', () => {
    const { terminal, clock, now, lines } = log();
    const shown = showProgress(terminal, 'evaluating', 'pictures', now);
    shown.update(0, 600);
    for (let done = 16; done <= 600; done += 16) {
      clock.ms += 3_000;
      shown.update(done, 600);
    }
    shown.stop();
    expect(lines().slice(0, 3)).toEqual([
      'evaluating: 64 of 600 pictures, 1 min 41 s left',
      'evaluating: 128 of 600 pictures, 1 min 29 s left',
      'evaluating: 192 of 600 pictures, 1 min 17 s left',
    ]);
    expect(lines()).toHaveLength(9);
  });

  it('is nothing for work that is soon done', () => {
    const { terminal, clock, now, lines } = log();
    const shown = showProgress(terminal, 'downloading', 'MB', now);
    for (let done = 0; done <= 94; done += 47) {
      shown.update(done, 94.765);
      clock.ms += 4_000;
    }
    expect(lines()).toEqual([]);
    clock.ms += 4_000;
    shown.update(94.765, 94.765);
    expect(lines()).toEqual(['downloading: 94.8 of 94.8 MB']);
  });

  it('tells no time left after the first batch, whatever that took', () => {
    const { terminal, clock, now, lines } = log();
    const shown = showProgress(terminal, 'extracting', 'pictures', now);
    shown.update(0, 600);
    // A base that is made ready takes its time, and the next two batches little.
    for (const [ms, done] of [
      [37_000, 16],
      [1_000, 32],
      [9_500, 48],
      [10_500, 64],
    ] as const) {
      clock.ms += ms;
      shown.update(done, 600);
    }
    expect(lines()).toEqual([
      'extracting: 16 of 600 pictures',
      'extracting: 48 of 600 pictures',
      'extracting: 64 of 600 pictures, 3 min 55 s left',
    ]);
  });
});

describe('on a terminal', () => {
  it('a bar with a label is there before the first step is done', () => {
    const { live, drawn } = fakeTerminal();
    const { terminal, lines } = log(live);
    const shown = showProgress(terminal, 'evaluating', 'pictures');
    shown.update(0, 600);
    expect(drawn()).toMatch(/evaluating ░+ 0 of 600 pictures/);
    shown.stop();
    expect(lines()).toEqual([]);
    // Hidden by a bar that Ctrl-C ends, it would never come back.
    expect(drawn()).not.toContain('\u001b[?25l');
  });

  it('a bar of megabytes starts at nothing', () => {
    const { live, drawn } = fakeTerminal();
    const { terminal } = log(live);
    const shown = showProgress(terminal, 'downloading', 'MB');
    shown.update(0, 94.765);
    shown.update(47.4, 94.765);
    shown.stop();
    expect(drawn()).toMatch(/downloading ░+ 0\.0 of 94\.8 MB/);
    expect(drawn()).toContain('47.4 of 94.8 MB');
  });

  it('leaves Ctrl-C to whoever handles it', () => {
    const before = process.listenerCount('SIGINT');
    const { terminal } = log(fakeTerminal().live);
    const shown = showProgress(terminal, 'evaluating', 'pictures');
    shown.update(0, 600);
    expect(process.listenerCount('SIGINT')).toBe(before);
    shown.stop();
  });
});

describe('train', () => {
  let folder: string;
  const at = (...names: string[]) => join(folder, ...names);
  const cache = process.env['XDG_CACHE_HOME'];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'resnet-heads-progress-'));
    process.env['XDG_CACHE_HOME'] = at('caches');
    await drawPictures(at('pictures'), 10);
    const base = miniResnet('v1', 1);
    await saveModel(base, at('base'));
    base.dispose();
  });
  afterAll(() => {
    process.env['XDG_CACHE_HOME'] = cache ?? '';
    rmSync(folder, { recursive: true, force: true });
  });

  /** Trains, and presses Ctrl-C when the terminal shows a text. */
  async function train(out: string, stopAt: RegExp | undefined, ...more: string[]) {
    const before = process.listenerCount('SIGINT');
    let [text, err, presses] = ['', '', 0];
    const { live, drawn } = fakeTerminal((written) => {
      if (stopAt?.test(written) !== true || presses > 0) return;
      presses++;
      process.emit('SIGINT');
      // The next one ends the process, as Node does it.
      expect(process.listenerCount('SIGINT')).toBe(before);
    });
    const args = [
      'train',
      at('pictures'),
      '--backbone',
      at('base'),
      '--preprocessing',
      'tf',
      '--out',
      at(out),
      ...more,
    ];
    const code = await run(args, {
      out: (each) => (text += each),
      err: (each) => (err += each),
      live,
    });
    expect(process.listenerCount('SIGINT')).toBe(before);
    expect(presses).toBe(stopAt === undefined ? 0 : 1);
    return { code, out: text, err, drawn: drawn() };
  }

  it('labels its bars, and shows epochs with loss and accuracy', async () => {
    const { code, drawn } = await train('whole', undefined, '--epochs', '3', '--no-cache');
    expect(code).toBe(0);
    expect(drawn).toMatch(/extracting training features ░+ 0 of 16 pictures/);
    expect(drawn).toMatch(/extracting validation features █+ 4 of 4 pictures/);
    expect(drawn).toMatch(
      /head: 3 of 3 epochs, loss \d+\.\d{3}, accuracy \d+\.\d%; validation \d+\.\d{3}, \d+\.\d%/,
    );
  });

  it('shows the fits of L-BFGS, and ends in one line at Ctrl-C during them', async () => {
    const { code, drawn } = await train('fitted', undefined);
    expect(code).toBe(0);
    expect(drawn).toMatch(/fitting the head [█░]+ 14 of 14 fits/);
    const { code: stopped, err } = await train('none', /fitting the head ░+ 0 of/);
    expect([stopped, existsSync(at('none'))]).toEqual([130, false]);
    expect(err).toMatch(/^error: train: .*so far are kept: [^\n]*\n$/);
  });

  it('ends in one line at Ctrl-C before there is a classifier', async () => {
    for (const stage of [/training features/, /validation features/]) {
      const { code, err } = await train('none', stage, '--no-cache');
      expect([code, err]).toEqual([
        130,
        'error: train: expected time to train, got Ctrl-C before there was a classifier; with --no-cache no features are kept\n',
      ]);
      expect(existsSync(at('none'))).toBe(false);
    }
  });

  it('leaves no untrained classifier at Ctrl-C before the first epoch', async () => {
    const { code, err } = await train('none', /head: 0 of/, '--epochs', '30');
    expect([code, existsSync(at('none'))]).toEqual([130, false]);
    expect(err).toMatch(
      /^stopping after this epoch[^\n]*\nerror: train: .*so far are kept: [^\n]*\n$/,
    );
  });

  it('saves what it has at Ctrl-C while the head trains', async () => {
    const { code, err, out } = await train('early', / 1 of 30 epochs/, '--epochs', '30');
    expect([code, err]).toEqual([
      0,
      'stopping after this epoch; press Ctrl-C again to stop at once\n',
    ]);
    expect(out).toMatch(/^interrupted after 1 epoch; --resume continues;/m);
    expect(existsSync(at('early/metadata.json'))).toBe(true);
  });
});
