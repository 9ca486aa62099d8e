import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import { type Backbone, loadBackbone, openFeatures, pooledHead } from 'resnet-heads';
import { expandBraces } from '../../../src/node/features/braces';
import { runJob } from '../../../src/node/features/job';
import { listSource } from '../../../src/node/features/listed';
import { localStore } from '../../../src/node/features/local-store';
import { openOutput, openStore } from '../../../src/node/features/open-store';
import { picturesInTar } from '../../../src/node/features/tar';
import { miniResnet } from '../../setup/mini-resnet';
import { environmentFor, type ObjectStore, startObjectStore } from '../../setup/object-store';

jest.mock('../../../src/node/remote/timing', () => ({
  ...{ TIMEOUT_MS: 500, RETRIES: 2, RETRY_DELAY_MS: 1, MAX_ATTEMPTS: 3 },
}));

const COUNT = 12;
const HEAD = pooledHead({ numClasses: 2 });

let folder: string;
let backbone: Backbone;
let server: ObjectStore;
const at = (...names: string[]) => join(folder, ...names);
const names = Array.from({ length: COUNT }, (_, i) => `${i % 2 ? 'odd' : 'even'}/${i}.png`).sort();
const pictureOf = (name: string) => readFileSync(at('pictures', name));
const file = (name: string, body: Buffer | string) => ({ name, body });
const link = (name: string, linkname: string) =>
  ({ name, body: '', type: 'link', linkname }) as const;

async function packTar(
  files: readonly (ReturnType<typeof file> | ReturnType<typeof link>)[],
): Promise<Buffer> {
  const packed = pack();
  for (const { body, ...header } of files) packed.entry(header, body);
  packed.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of packed) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-heads-sources-'));
  server = await startObjectStore();
  Object.assign(process.env, environmentFor(server));
  for (const [i, name] of names.entries()) {
    mkdirSync(at('pictures', name, '..'), { recursive: true });
    const background = { r: (i * 37) % 256, g: (i * 91) % 256, b: (i * 151) % 256 };
    const create = { width: 40, height: 48, channels: 3, background } as const;
    await sharp({ create }).png().toFile(at('pictures', name));
    server.objects.set(`data/pictures/${name}`, pictureOf(name));
  }
  const rows = names.map((name) => `pictures/${name},${name.split('/')[0]}`);
  writeFileSync(at('list.csv'), ['path,label', ...rows].join('\n'));
  writeFileSync(at('list.txt'), `${names.map((name) => `pictures/${name}`).join('\r\n')}\n`);
  mkdirSync(at('tars'));
  for (let t = 0; t < 3; t++) {
    const own = names.slice(t * 4, t * 4 + 4).flatMap((name) => {
      const [label = '', picture = ''] = name.split('/');
      // A label before or after its picture, and files of other kinds.
      const label2 = file(picture.replace('png', 'cls'), `${label}\n`);
      const files = [file(`./${picture}`, pictureOf(name)), label2];
      return [...(t === 1 ? files.reverse() : files), file(picture.replace('png', 'json'), '{}')];
    });
    writeFileSync(at('tars', `train-${t}.tar`), await packTar(own));
  }
  for (const place of ['list.csv', 'list.txt', ...[0, 1, 2].map((t) => `tars/train-${t}.tar`)]) {
    server.objects.set(`data/${place}`, readFileSync(at(place)));
  }
  backbone = await loadBackbone(miniResnet('v1', 1), { preprocessing: 'tf' });
});
afterAll(async () => {
  backbone.dispose();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
  server.fault = () => undefined;
  server.calls.length = 0;
});

async function extract(source: string, out: string, onWarning?: (error: Error) => void) {
  const pictures = await listSource(source, source.includes('tar') ? {} : { shards: 3 });
  const store = await openOutput(out, source);
  await runJob(store, backbone, pictures, {
    ...{ dtype: 'float32', head: HEAD },
    ...(onWarning && { onWarning }),
  });
}

/** The files of features in a folder. */
const filesIn = (out: string) =>
  Object.fromEntries(readdirSync(at(out)).map((name) => [name, readFileSync(at(out, name))]));

describe('the same features from another place, to the bit', () => {
  beforeAll(async () => {
    await extract(at('pictures'), at('o-folder'));
    await extract(at('list.csv'), at('o-csv'));
    await extract(at('list.txt'), at('o-txt'));
    await extract(at('tars'), at('o-tars'));
  });

  it.each([
    ['o-folder', 's3://bucket/data/pictures'],
    ['o-csv', 's3://bucket/data/list.csv'],
    ['o-txt', 's3://bucket/data/list.txt'],
    ['o-tars', 's3://bucket/data/tars/'],
    ['o-csv', 'WEB/list.csv'],
    ['o-txt', 'WEB/list.txt?key=1'],
    ['o-tars', 'WEB/tars/train-{0..2}.tar'],
  ])('%s: %s, while reads are cut and refused', async (expected, source) => {
    // Each file's first reads.
    server.fault = ({ before, query }) =>
      query.has('list-type') || before > 1 ? undefined : (['cut', 'slow down'] as const)[before];
    const out = `o-${source.replace(/\W/g, '')}`;
    await extract(source.replace('WEB', `${server.web}/data`), at(out));
    expect(filesIn(out)).toEqual(filesIn(expected));
  });

  it('to object storage, while uploads are cut', async () => {
    server.fault = ({ method, before }) => (method === 'PUT' && before < 2 ? 'cut' : undefined);
    await extract(at('pictures'), 's3://bucket/out');
    const written = [...server.objects].flatMap(([key, bytes]) =>
      key.startsWith('out/') ? [[key.slice(4), bytes]] : [],
    );
    expect(Object.fromEntries(written)).toEqual(filesIn('o-folder'));
    const puts = () => server.calls.filter(({ method }) => method === 'PUT').length;
    const before = puts();
    await extract(at('pictures'), 's3://bucket/out');
    expect(puts()).toBe(before);
  });

  it('labels what is in tar files', async () => {
    const features = await openFeatures(at('o-tars'));
    expect(features.classes).toEqual(['even', 'odd']);
    const labels = names.map((name) => (name.startsWith('odd') ? 1 : 0));
    expect([...features.labels]).toEqual(labels);
  });
});

describe('what goes wrong', () => {
  it('skips a picture that isn’t there, and writes no shard if the host fails', async () => {
    server.fault = ({ key }) => (key.endsWith('odd/1.png') ? 404 : undefined);
    const warnings: string[] = [];
    await extract('s3://bucket/data/list.txt', at('skips'), ({ message }) => {
      warnings.push(message);
    });
    expect(warnings).toEqual([expect.stringMatching(/odd\/1\.png: expected a picture .* 404/)]);
    server.fault = ({ key }) => (key.endsWith('odd/1.png') ? 'slow down' : undefined);
    const failing = extract('s3://bucket/data/list.txt', at('fails'));
    await expect(failing).rejects.toMatchObject({ name: 'NetworkError' });
    const there = readdirSync(at('fails'));
    expect(there.length).toBeLessThan(4);
    for (const name of there) expect(filesIn('fails')[name]).toEqual(filesIn('o-txt')[name]);
  });

  it.each([['in a picture'], ['between two entries'], ['damaged']])(
    'refuses a tar file that is cut off %s, and writes no shard',
    async (where) => {
      const bytes = Buffer.from(readFileSync(at('tars', 'train-0.tar')));
      const name = `${where.replaceAll(' ', '-')}.tar`;
      if (where === 'damaged') bytes[3]! ^= 1;
      const length = { 'in a picture': 600, 'between two entries': bytes.length - 1024 }[where];
      writeFileSync(at(name), bytes.subarray(0, length));
      await expect(extract(at(name), at(`o-${name}`))).rejects.toThrow(/expected a whole \.tar/);
      expect(readdirSync(at(`o-${name}`))).toEqual(['_manifest.json']);
    },
  );

  it('refuses a tar file whose samples are scattered, as they would lose their labels', async () => {
    const [one = '', two = ''] = names;
    const scattered = [file('a.png', pictureOf(one)), file('b.png', pictureOf(two))];
    const path = at('scattered.tar');
    writeFileSync(path, await packTar([...scattered, file('a.cls', 'even')]));
    const read = async () => {
      const found: string[] = [];
      for await (const { name } of picturesInTar({ place: path, name: 'x' }, false))
        found.push(name);
      return found;
    };
    await expect(read()).rejects.toThrow(
      /^\S+scattered\.tar: expected the files of a sample one after the other, got "a" again; /,
    );
  });

  it('closes a tar file that isn’t read to its end', async () => {
    const place = at('tars', 'train-0.tar');
    for await (const { name } of picturesInTar({ place, name: 'a.tar' }, false)) {
      expect(name).toBe(`a.tar/${names[0]?.split('/')[1] ?? ''}`);
      break;
    }
    const ending = new AbortController();
    const reading = async () => {
      for await (const { label } of picturesInTar({ place, name: 'a' }, false, ending.signal)) {
        expect(label).toBe('even');
        ending.abort(new Error('enough'));
      }
    };
    await expect(reading()).rejects.toThrow('enough');
  });

  it.each<[string, string | (() => string), RegExp]>([
    ['a folder on the web', () => `${server.web}/data`, /pass a list/],
    ['a list that isn’t there', () => `${server.web}/no.csv`, /got status 404; check the address/],
    ['a missing tar file', () => at('tars', 'train-{0..5}.tar'), /train-3\.tar.*no such file/],
    ['a pattern of pictures', 'a{1,2}.png', /a pattern of \.tar files/],
    ['another scheme', () => at('scheme.txt'), /gs:\/\/a\/b\.png" in line 2; copy/],
    ['a picture twice', () => at('twice.txt'), /each picture once/],
    ['an empty prefix', 's3://bucket/none', /it has none: add some/],
    ['more shards than tar files', () => at('tars'), /at most 3, the number of \.tar files/],
    ['a star', () => at('tars', 'x-*.tar'), /no such file; write a pattern in braces: \{0000/],
    [
      'tar files beside pictures',
      () => at('mixed'),
      /mixed: expected either .* such as train-0\.tar/,
    ],
    ['the same in object storage', 's3://bucket/mixed', /expected either .* such as train-0\.tar/],
    ['a compressed tar file', () => at('zipped'), /got "train-1\.tar\.gz"; compressed .* gunzip/],
    ['the same in object storage', 's3://bucket/zipped', /got "train-1\.tar\.gz"; compressed/],
  ])('refuses %s', async (what, source, error) => {
    writeFileSync(at('scheme.txt'), 'a.png\ngs://a/b.png\n');
    writeFileSync(at('twice.txt'), 'a.png\n./a.png\n');
    for (const [folder, ...own] of [
      ['mixed', 'a/1.png', 'train-0.tar'],
      ['zipped', 'train-0.tar', 'train-0.tar.idx', 'train-1.tar.gz'],
    ] as const) {
      for (const name of own) {
        mkdirSync(at(folder, name, '..'), { recursive: true });
        writeFileSync(at(folder, name), '');
        server.objects.set(`${folder}/${name}`, Buffer.alloc(0));
      }
    }
    const place = typeof source === 'string' ? source : source();
    const shards = what.startsWith('more') ? { shards: 4 } : {};
    await expect(listSource(place, shards)).rejects.toThrow(error);
  });

  it('skips a picture that is a link in a tar file, and refuses such a label', async () => {
    const [one = '', two = ''] = names;
    const path = at('links.tar');
    const pictures = [file('a.png', pictureOf(one)), file('a.cls', 'x'), link('b.png', 'a.png')];
    writeFileSync(path, await packTar([...pictures, file('b.cls', 'y')]));
    const warnings: string[] = [];
    await extract(path, at('o-links'), ({ message }) => {
      warnings.push(message);
    });
    expect(warnings).toEqual([
      `${path}/b.png: expected a picture that can be decoded, got a link, which has no data in a .tar file; write the file again with tar --dereference --hard-dereference`,
    ]);
    expect((await openFeatures(at('o-links'))).classes).toEqual(['x']);
    writeFileSync(path, await packTar([...pictures, link('b.cls', 'a.cls'), file('c.png', two)]));
    await expect(extract(path, at('o-links2'))).rejects.toThrow(
      /links\.tar\/b\.cls: expected a label, got a link/,
    );
  });

  it('names TMPDIR if its folder isn’t there', async () => {
    const { mkdtemp } = fs;
    const asked = jest
      .spyOn(fs, 'mkdtemp')
      .mockImplementation((prefix: string) => mkdtemp(join(at('nowhere'), basename(prefix))));
    await expect(extract(at('list.txt'), 's3://bucket/no-temporary')).rejects.toThrow(
      /^TMPDIR: expected a folder that can be written, got ENOENT.*nowhere.*; set TMPDIR/,
    );
    asked.mockRestore();
  });

  it('refuses to write to the web, or where other files are', async () => {
    await expect(openStore('--check', 'https://host/a')).rejects.toThrow(/read, but not written/);
    await expect(openOutput('s3://bucket/data', at('tars'))).rejects.toThrow('got one with list');
    await expect(openOutput('s3://bucket/a/b', 's3://bucket/a')).rejects.toThrow(/outside the/);
    await expect(openFeatures('s3://bucket/out')).rejects.toThrow(/aws s3 sync s3:\/\/bucket\/out/);
    expect((await localStore(at('o-tars')).names()).length).toBe(4);
  });
});

it.each([
  ['a-{08..10}.tar', ['a-08.tar', 'a-09.tar', 'a-10.tar']],
  ['{a,b}/{1..2}', ['a/1', 'a/2', 'b/1', 'b/2']],
  ['{3..1}', ['3', '2', '1']],
  ['plain', ['plain']],
  ['{one}', ['{one}']],
])('%s stands for several names', (pattern, expected) => {
  expect(expandBraces(pattern)).toEqual(expected);
});
