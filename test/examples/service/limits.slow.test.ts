import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type Classifier, loadClassifier } from 'resnet-heads';
import {
  createService,
  type Service,
  type ServiceOptions,
} from '../../../examples/service/service';
import { DEFAULT_LIMITS } from '../../../examples/service/limits';
import { grey, listen, trainGreys } from './trained';

let folder: string;
let trained: Classifier;
let picture: Buffer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'service-test-'));
  trained = await loadClassifier(await trainGreys(folder));
  picture = await grey(40);
});
afterAll(() => {
  trained.dispose();
  rmSync(folder, { recursive: true });
});

/** The classifier with something before or in place of its work on a picture. */
const instead = (classify: (...args: Parameters<Classifier['classify']>) => Promise<unknown>) =>
  Object.create(trained, { classify: { value: classify } }) as Classifier;

/** The classifier, which works on a picture until it is let go on. */
function held() {
  const begun: (() => void)[] = [];
  return {
    classifier: instead(async (...args) => {
      await new Promise<void>((resolve) => begun.push(resolve));
      return trained.classify(...args);
    }),
    begun,
    until: async (count: number): Promise<void> => {
      while (begun.length < count) await pause();
    },
  };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));

const running: Service[] = [];
async function start(classifier: Classifier, options: ServiceOptions) {
  const service = createService(classifier, options);
  running.push(service);
  return { service, address: await listen(service) };
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.close()));
});

const post = (address: string, signal?: AbortSignal) =>
  fetch(`${address}/classify`, {
    method: 'POST',
    body: picture as BodyInit,
    ...(signal && { signal }),
  });
const waiting = async (address: string) =>
  ((await (await fetch(`${address}/health`)).json()) as { waiting: number }).waiting;

/** What a raw connection is answered, to its end. */
async function heard(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (data) => (text += data.toString()));
  await once(socket, 'close');
  return text;
}

/** Sends the beginning of a request whose body never ends. */
async function dawdle(address: string): Promise<Socket> {
  const socket = connect(Number(new URL(address).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /classify HTTP/1.1\r\nhost: here\r\ncontent-length: 1000\r\n\r\npart');
  return socket;
}

/** Until the service has begun to read from a client. */
async function connected({ server }: Service): Promise<void> {
  const [socket] = (await once(server, 'connection')) as [Socket];
  while (socket.bytesRead === 0) await pause();
}

it('computes one at a time, in turn, and refuses those for whom there is no place', async () => {
  const { classifier, begun, until } = held();
  const { address } = await start(classifier, { maxAtOnce: 3 });
  const taken = [post(address), post(address), post(address)];
  await until(1);
  while ((await waiting(address)) < 3) await pause();
  expect(begun).toHaveLength(1);

  const refused = await post(address);
  expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
    503,
    '1',
    {
      error:
        'service: expected at most 3 requests at once, 16 per address, got one more; retry in 1 s',
    },
  ]);
  for (let i = 1; i <= 3; i++) {
    await until(i);
    begun[i - 1]!();
  }
  expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await waiting(address)).toBe(0);

  const next = post(address);
  await until(4);
  begun[3]!();
  expect((await next).status).toBe(200);
});

it('tells those who wait too long, and computes nothing for them', async () => {
  const before = tf.memory().numTensors;
  const { classifier, begun, until } = held();
  const { address } = await start(classifier, { answerMs: 100 });
  const late = await Promise.all([post(address), post(address)]);
  for (const response of late) {
    expect([response.status, response.headers.get('retry-after'), await response.json()]).toEqual([
      503,
      '1',
      {
        error:
          'service: expected to answer within 100 ms, got no answer in that time; retry in 1 s',
      },
    ]);
  }
  await until(1);
  begun[0]!();
  while ((await waiting(address)) > 0) await pause();
  expect(begun).toHaveLength(1);
  expect(tf.memory().numTensors).toBe(before);
});

it('computes nothing for a client that has gone', async () => {
  const { classifier, begun, until } = held();
  const { address } = await start(classifier, {});
  const first = post(address);
  await until(1);
  const leaving = new AbortController();
  const second = post(address, leaving.signal);
  while ((await waiting(address)) < 2) await pause();
  leaving.abort();
  await expect(second).rejects.toThrow();
  // The service learns of it over the network.
  for (let i = 0; i < 20; i++) await pause();
  begun[0]!();
  expect((await first).status).toBe(200);
  while ((await waiting(address)) > 0) await pause();
  expect(begun).toHaveLength(1);
});

it('cuts off bodies that take too long to arrive, and what is no HTTP', async () => {
  const { address } = await start(trained, { receiveMs: 200 });
  expect(await heard(await dawdle(address))).toMatch(
    /^HTTP\/1\.1 408 Request Timeout\r\n[^]+\{"error":"request: expected the whole request within 200 ms, got a part; send it faster, or send a smaller picture"\}$/,
  );
  const chatter = connect(Number(new URL(address).port), '127.0.0.1');
  chatter.write('hello\r\n\r\n');
  expect(await heard(chatter)).toMatch(
    /^HTTP\/1\.1 400 Bad Request\r\n[^]+\{"error":"request: expected HTTP, got HPE_INVALID_METHOD; send it with curl --data-binary @FILE"\}$/,
  );
  expect((await post(address)).status).toBe(200);
});

/**
 * Clients that send a byte a second, and connect again whenever they are cut off.
 *
 * @param begin what they send first
 */
function dripping(address: string, count: number, begin: string, from = '127.0.0.1') {
  const open = new Set<Socket>();
  const status = { cut: 0, over: false };
  const drip = (): void => {
    const { port } = new URL(address);
    const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: from });
    open.add(socket);
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(begin);
    const timer = setInterval(() => socket.write('x'), 1_000);
    socket.on('close', () => {
      clearInterval(timer);
      open.delete(socket);
      if (status.over) return;
      status.cut += 1;
      // A moment later, as a client that sees its connection end.
      setTimeout(() => {
        if (!status.over) drip();
      }, 20);
    });
  };
  for (let i = 0; i < count; i++) drip();
  return {
    status,
    open,
    stop: (): void => {
      status.over = true;
      for (const socket of open) socket.destroy();
    },
  };
}

const BODY = 'POST /classify HTTP/1.1\r\nhost: here\r\ncontent-length: 100000\r\n\r\npart';
const HEADERS = 'POST /classify HTTP/1.1\r\nhost: here\r\nx-slow: ';

describe.each([16, 64])('beside %d clients that drip', (count) => {
  const besides = async (begin: string, from: string) => {
    const { address } = await start(trained, {});
    const slow = dripping(address, count, begin, from);
    try {
      while (slow.open.size < count) await pause();
      const statuses: number[] = [];
      for (let round = 0; round < 10; round++) {
        const answers = await Promise.all([1, 2, 3, 4].map(() => post(address)));
        statuses.push(...answers.map(({ status }) => status));
      }
      expect(statuses).toEqual(Array(40).fill(200));
      if (count > DEFAULT_LIMITS.maxPerAddress) expect(slow.status.cut).toBeGreaterThan(0);
    } finally {
      slow.stop();
    }
  };

  it.each([
    ['bodies', BODY],
    ['headers', HEADERS],
  ])('%s, from the same address, every honest request is answered', (_, begin) =>
    besides(begin, '127.0.0.1'),
  );

  // Elsewhere, a machine has no second address of its own.
  (process.platform === 'linux' ? it : it.skip)(
    'bodies, from another address, every honest request is answered',
    () => besides(BODY, '127.0.0.2'),
  );
});

it('cuts off who sends more slowly than allowed, and not who keeps a connection for later', async () => {
  const { address, service } = await start(trained, { minBytesPerS: 10_000, graceMs: 100 });
  expect(await heard(await dawdle(address))).toMatch(
    /^HTTP\/1\.1 408 Request Timeout\r\n[^]+\{"error":"request: expected at least 10000 bytes per second, got fewer; send it faster"\}$/,
  );
  let connections = 0;
  service.server.on('connection', () => connections++);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () =>
    new Promise<number | undefined>((resolve, reject) => {
      get(`${address}/health`, { agent }, (response) => {
        response.resume().on('end', () => {
          resolve(response.statusCode);
        });
      }).on('error', reject);
    });
  expect(await ask()).toBe(200);
  for (let i = 0; i < 80; i++) await pause();
  expect(await ask()).toBe(200);
  expect(connections).toBe(1);
  agent.destroy();
});

it('gives one address a part of the line and of the memory, and all of it back', async () => {
  const { classifier, begun, until } = held();
  const { address } = await start(classifier, { maxPerAddress: 2, maxAtOnce: 3 });
  // Two requests on each of two connections: Node takes them as they come.
  const { port } = new URL(address);
  const request = `POST /classify HTTP/1.1\r\nhost: here\r\ncontent-length: ${picture.length}\r\n\r\n`;
  const ask = (from: string, count: number): Promise<string> => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: from });
    for (let i = 1; i <= count; i++) {
      socket.write(
        i < count ? request : request.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'),
      );
      socket.write(picture);
    }
    return heard(socket);
  };
  const greedy = ask('127.0.0.1', 4);
  await until(1);
  const greedyWaits = async () => {
    while ((await waiting(address)) < 2) await pause();
  };
  await greedyWaits();
  begun[0]!();
  await until(2);
  begun[1]!();
  expect((await greedy).match(/HTTP\/1\.1 \d+/g)).toEqual([
    'HTTP/1.1 200',
    'HTTP/1.1 200',
    'HTTP/1.1 503',
    'HTTP/1.1 503',
  ]);
  const next = post(address);
  await until(3);
  begun[2]!();
  expect((await next).status).toBe(200);
});

it('holds no more bytes than it may, of bodies that arrive', async () => {
  const { address } = await start(trained, { maxBytesAtOnce: 4_000 });
  const large = Buffer.alloc(2_001);
  const refused = await fetch(`${address}/classify`, { method: 'POST', body: large });
  expect([refused.status, await refused.json()]).toEqual([
    503,
    {
      error:
        'service: expected bodies of at most 4000 bytes at once, half of that per address, got more; retry in 1 s',
    },
  ]);
  for (let i = 0; i < 5; i++) {
    const body = Buffer.alloc(1_999);
    expect((await fetch(`${address}/classify`, { method: 'POST', body })).status).toBe(415);
  }
});

it('hears a body that is too large to its end, so that its client comes to read the answer', async () => {
  const { address } = await start(trained, { maxBytes: 1_000 });
  const socket = connect(Number(new URL(address).port), '127.0.0.1');
  const answers = heard(socket);
  const chunk = Buffer.alloc(2 ** 20);
  socket.write('POST /classify HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n');
  // More than the buffers on the way hold.
  for (let i = 0; i < 16; i++) {
    socket.write(`${chunk.length.toString(16)}\r\n`);
    socket.write(chunk);
    socket.write('\r\n');
  }
  socket.write('0\r\n\r\nGET /health HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n');
  expect((await answers).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
});

it('keeps an error of its own to its log, and goes on', async () => {
  const errors: unknown[] = [];
  const broken = instead(() => Promise.reject(new Error('secret')));
  const { address } = await start(broken, { onError: (error) => errors.push(error) });
  for (let i = 0; i < 2; i++) {
    const response = await post(address);
    expect([response.status, await response.json()]).toEqual([
      500,
      { error: 'service: expected to answer, got an internal error; see its log' },
    ]);
  }
  expect(errors).toEqual([new Error('secret'), new Error('secret')]);
});

describe('closing', () => {
  it('answers what has come, and takes nothing new', async () => {
    const { classifier, begun, until } = held();
    const { address, service } = await start(classifier, {});
    const taken = [post(address), post(address)];
    await until(1);
    while ((await waiting(address)) < 2) await pause();
    const closed = service.close();
    await expect(post(address)).rejects.toThrow('fetch failed');
    for (let i = 1; i <= 2; i++) {
      await until(i);
      begun[i - 1]!();
    }
    for (const response of await Promise.all(taken)) {
      expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
    }
    await closed;
  });

  it('refuses a request that had only begun to come', async () => {
    const { address, service } = await start(trained, {});
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    const answer = heard(socket);
    const begun = connected(service);
    socket.write('GET /health HTTP/1.1\r\n');
    await begun;
    const closed = service.close();
    socket.write('host: here\r\n\r\n');
    expect(await answer).toMatch(
      /^HTTP\/1\.1 503 Service Unavailable\r\n[^]+\{"error":"service: expected no new requests while stopping, got one; retry in 1 s"\}$/,
    );
    await closed;
  });

  it("doesn't wait for ever for a client that dawdles", async () => {
    const { address, service } = await start(trained, { receiveMs: 300, answerMs: 100 });
    const begun = connected(service);
    const socket = await dawdle(address);
    await begun;
    await service.close();
    expect(service.server.listening).toBe(false);
    socket.destroy();
  });
});
