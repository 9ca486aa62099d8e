import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pack } from 'tar-stream';
import { listSource } from '../../../src/node/features/listed';
import { listCsv } from '../../../src/node/images/csv';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-labels-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, body: string | Buffer = ''): string {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), body);
  return at(name);
}

/** A list with a label in each row. */
const csvOf = (labels: readonly string[]) =>
  write('list.csv', ['path,label', ...labels.map((each, i) => `${i}.png,${each}`)].join('\n'));

/** A tar file with a label of each picture. */
async function tarOf(labels: readonly (string | Buffer)[]): Promise<string> {
  const packed = pack();
  for (const [i, label] of labels.entries()) {
    packed.entry({ name: `${i}.cls` }, label);
    packed.entry({ name: `${i}.png` }, 'x');
  }
  packed.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of packed) pieces.push(piece as Buffer);
  return write('pictures.tar', Buffer.concat(pieces));
}

/** The labels that files of features would have. */
async function labelsIn(place: string, multiLabel: boolean) {
  const source = await listSource(place, {}, { multiLabel });
  const labels: (string | null)[] = [];
  for await (const { label } of source.entries(0)) labels.push(label);
  return { labels, classes: source.classes };
}

const KINDS = [
  ['a list', csvOf, 'row'],
  ['a tar file', tarOf, '.cls file'],
] as const;

describe.each(KINDS)('labels in %s', (_, placeOf, unit) => {
  it('reads several as training does', async () => {
    const texts = ['daisy | iris', '', 'iris'];
    const { labels, classes } = await labelsIn(await placeOf(texts), true);
    expect(labels).toEqual(['daisy|iris', '', 'iris']);
    if (classes) expect(classes).toEqual((await listCsv(csvOf(texts), undefined, true)).classes);
  });

  it.each(['a||b', 'iris|', '|'])('refuses %s, as training does', async (text) => {
    const expected = `expected a name before and after each |, got "${text}"`;
    await expect(labelsIn(await placeOf(['a', text]), true)).rejects.toThrow(expected);
    await expect(listCsv(csvOf(['a', text]), undefined, true)).rejects.toThrow(expected);
  });

  it('refuses several where one is expected', async () => {
    await expect(labelsIn(await placeOf(['a', 'daisy|white']), false)).rejects.toThrow(
      new RegExp(
        `expected one label in each ${unit}, got "daisy\\|white" in .*; pass --multi-label`,
      ),
    );
  });
});

it('refuses a label in a tar file in another encoding', async () => {
  const place = await tarOf([Buffer.from('f\xeae', 'latin1'), Buffer.from('f\xe8e', 'latin1')]);
  await expect(labelsIn(place, false)).rejects.toThrow(
    `${place}/0.cls: expected text in UTF-8, got another encoding; save it as UTF-8`,
  );
});

it('refuses a class folder that would be two classes', async () => {
  for (const name of ['one/a|b/1.png', 'one/c/2.png', 'parts/train/a|b/1.png']) write(name);
  const error = 'pictures: expected class names without |, got "a|b"; rename the folder';
  await expect(labelsIn(at('one'), true)).rejects.toThrow(error);
  await expect(labelsIn(at('parts'), true)).rejects.toThrow(error);
  expect((await labelsIn(at('one'), false)).classes).toEqual(['a|b', 'c']);
});
