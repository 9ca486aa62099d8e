import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { pictureFolder } from '../../examples/demo/folder';

describe('pictures from a folder', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pictures-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  /** `count` pictures 4 wide and 2 high, of one colour. */
  async function paint(
    folder: string,
    count: number,
    colour: string,
    format: 'png' | 'jpeg' = 'png',
  ) {
    mkdirSync(join(root, folder), { recursive: true });
    for (let i = 0; i < count; i++) {
      const picture = sharp({ create: { width: 4, height: 2, channels: 3, background: colour } });
      await picture.toFormat(format).toFile(join(root, folder, `${i}.${format}`));
    }
  }

  it('keeps one in five of each class unseen, and leaves other files alone', async () => {
    await paint('red', 10, '#ff0000');
    await paint('green', 5, '#00ff00');
    writeFileSync(join(root, 'red', 'notes.txt'), 'not a picture');
    const { classes, train, unseen } = await pictureFolder(root);
    expect(classes).toEqual(['green', 'red']);
    expect(train.map(({ label }) => classes[label])).toEqual([
      ...Array<string>(4).fill('green'),
      ...Array<string>(8).fill('red'),
    ]);
    expect(unseen.map(({ name }) => name)).toEqual([
      join('green', '4.png'),
      join('red', '4.png'),
      join('red', '9.png'),
    ]);
  });

  it('keeps a split that is there', async () => {
    for (const [folder, count] of [
      ['train/a', 3],
      ['train/b', 2],
      ['val/a', 1],
      ['val/b', 1],
    ] as const) {
      await paint(folder, count, '#0000ff');
    }
    const { classes, train, unseen } = await pictureFolder(root);
    expect([classes, train.length, unseen.length]).toEqual([['a', 'b'], 5, 2]);
  });

  it('decodes to the size asked for, in colour, grey and transparent pictures too', async () => {
    await paint('red', 5, '#ff0000');
    await paint('grey', 5, '#808080');
    const grey = sharp({ create: { width: 4, height: 2, channels: 3, background: '#808080' } });
    await grey
      .greyscale()
      .png()
      .toFile(join(root, 'grey', '0.png'));
    const clear = sharp({ create: { width: 4, height: 2, channels: 4, background: '#808080' } });
    await clear.png().toFile(join(root, 'grey', '1.png'));
    const { train } = await pictureFolder(root);
    const pixels = await Promise.all(train.map((picture) => picture.decode(3, 5)));
    expect(pixels.map(({ length }) => length)).toEqual(train.map(() => 3 * 5 * 3));
    expect([...pixels[0]!.slice(0, 3)]).toEqual([128, 128, 128]);
    expect([...pixels.at(-1)!.slice(0, 3)]).toEqual([255, 0, 0]);
  });

  it('says what is wrong with a folder', async () => {
    await expect(pictureFolder(join(root, 'none'))).rejects.toThrow(
      `--data: expected a folder, got ${join(root, 'none')}, which isn't there`,
    );
    await paint('red', 2, '#ff0000');
    await expect(pictureFolder(root)).rejects.toThrow(
      `--data: expected a sub-folder for each of two or more classes, got 1 in ${root}`,
    );
    await paint('green', 5, '#00ff00');
    await expect(pictureFolder(root)).rejects.toThrow(
      '--data: expected pictures of "red" both to train on and to keep unseen, got none unseen; put five or more in its folder',
    );
    writeFileSync(join(root, 'green', '0.png'), 'torn');
    await paint('red', 5, '#ff0000');
    const { train } = await pictureFolder(root);
    await expect(train[0]!.decode(8, 8)).rejects.toThrow(
      `${join(root, 'green', '0.png')}: expected a picture, got a file that can't be decoded`,
    );
  });
});
