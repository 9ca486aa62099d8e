import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import { type Classification, type Classifier, loadClassifier } from 'resnet-heads';
import sharp from 'sharp';
import { createService, type Service } from '../../../examples/service/service';
import { grey, listen, trainGreys } from './trained';

const MAX_BYTES = 50_000;
let folder: string;
let classifier: Classifier;
let service: Service;
let address: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'service-test-'));
  classifier = await loadClassifier(await trainGreys(folder));
  service = createService(classifier, { maxBytes: MAX_BYTES });
  address = await listen(service);
});
afterAll(async () => {
  await service.close();
  classifier.dispose();
  rmSync(folder, { recursive: true });
});

const post = (body: Buffer | string | undefined, path = '/classify', headers = {}) =>
  fetch(address + path, { method: 'POST', body: (body ?? null) as BodyInit | null, headers });

async function refusal(response: Promise<Response>): Promise<[number, string]> {
  const { status, headers, ...rest } = await response.then(async (got) => ({
    status: got.status,
    headers: got.headers,
    body: (await got.json()) as { error: string },
  }));
  expect(headers.get('content-type')).toMatch(/^application\/json/);
  return [status, rest.body.error];
}

describe('a picture is answered by its classes', () => {
  it.each([
    [40, 'png', 'dark'],
    [205, 'png', 'light'],
    [40, 'jpeg', 'dark'],
    [205, 'webp', 'light'],
  ] as const)('a grey of %d as %s is %s', async (level, format, className) => {
    const response = await post(await grey(level, format));
    expect(response.status).toBe(200);
    const { classes } = (await response.json()) as { classes: Classification[] };
    expect(classes.map((each) => each.className)).toEqual(
      className === 'dark' ? ['dark', 'light'] : ['light', 'dark'],
    );
    expect(classes[0]!.probability).toBeGreaterThan(0.5);
    expect(classes[0]!.probability + classes[1]!.probability).toBeCloseTo(1, 5);
  });

  it('names as many as were asked for, whatever the client calls its bytes', async () => {
    const response = await post(await grey(40), '/classify?top=1', {
      'content-type': 'application/json',
    });
    const { classes } = (await response.json()) as { classes: Classification[] };
    expect(classes.map((each) => each.className)).toEqual(['dark']);
  });

  it('says that it is well', async () => {
    const response = await fetch(`${address}/health`);
    expect([response.status, await response.json()]).toEqual([
      200,
      { status: 'ok', backend: tf.getBackend(), classes: ['dark', 'light'], waiting: 0 },
    ]);
  });
});

describe('what is no picture, or too much of one, is refused', () => {
  it('an empty body', async () => {
    const expected = [
      400,
      'body: expected the bytes of a picture, got none; send it with curl --data-binary @FILE',
    ];
    expect(await refusal(post(undefined))).toEqual(expected);
    expect(await refusal(post(''))).toEqual(expected);
  });

  it('text, a picture that is cut short, and one of a kind that is never decoded', async () => {
    expect(await refusal(post('a cat'))).toEqual([
      415,
      'body: expected a picture that can be decoded, got a file of another kind; JPEG, PNG, WebP, AVIF, GIF and TIFF can be decoded',
    ]);
    const whole = await grey(40, 'jpeg');
    const [status, error] = await refusal(post(whole.subarray(0, whole.length - 60)));
    expect(status).toBe(415);
    expect(error).toMatch(
      /^body: expected a picture that can be decoded, got ".+"; the file is damaged or truncated: download it again, or remove it$/,
    );
    expect(await refusal(post('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toEqual([
      415,
      'body: expected a picture that can be decoded, got SVG or other XML; save it as PNG',
    ]);
  });

  it('few bytes that would be too many pixels', async () => {
    // The header of a PNG says its size, width and height from byte 16 on, and has its checksum behind it.
    const bomb = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    bomb.writeUInt32BE(100_000, 16);
    bomb.writeUInt32BE(100_000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    const [status, error] = await refusal(post(bomb));
    expect(status).toBe(415);
    expect(error).toMatch(
      /^body: expected a picture that can be decoded, got ".+"; save it with at most 134217728 pixels$/,
    );
  });

  it('more bytes than are taken, told beforehand or not', async () => {
    expect(await refusal(post(Buffer.alloc(MAX_BYTES + 1)))).toEqual([
      413,
      'body: expected at most 50000 bytes, got 50001; send a smaller picture',
    ]);
    const chunks = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < 6; i++) controller.enqueue(new Uint8Array(10_000));
        controller.close();
      },
    });
    const request = { method: 'POST', body: chunks, duplex: 'half' } as RequestInit;
    expect(await refusal(fetch(`${address}/classify`, request))).toEqual([
      413,
      'body: expected at most 50000 bytes, got more; send a smaller picture',
    ]);
  });

  it('another path, another method, and a number that is none', async () => {
    expect(await refusal(fetch(`${address}/classify`))).toEqual([
      404,
      'request: expected POST /classify or GET /health, got GET /classify; see the README',
    ]);
    expect(await refusal(post(await grey(40), '/classify?top=many'))).toEqual([
      400,
      'top: expected a whole number of 1 or more, got "many"; send /classify?top=3, or leave it out',
    ]);
  });
});

it('leaves no tensor behind, after pictures nor after refusals', async () => {
  await post(await grey(40));
  const before = tf.memory().numTensors;
  const bodies = [await grey(40), Buffer.from('a cat'), await grey(205, 'jpeg'), Buffer.alloc(0)];
  const statuses = await Promise.all(
    Array.from({ length: 16 }, async (_, i) => (await post(bodies[i % 4])).status),
  );
  expect(statuses).toEqual(Array(4).fill([200, 415, 200, 400]).flat());
  expect(tf.memory().numTensors).toBe(before);
});
