import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import * as tf from '@tensorflow/tfjs';
import { type Classification, type Classifier, PictureError } from 'resnet-heads';
import { addressOf } from './address.js';
import { Connections } from './connections.js';
import { DEFAULT_LIMITS, type Limits } from './limits.js';
import { OneAtATime } from './one-at-a-time.js';
import { readBody } from './read-body.js';
import {
  closeConnection,
  ending,
  Refusal,
  refuseConnection,
  tooLate,
  tooMany,
  tooMuch,
} from './refusals.js';
import { Share } from './share.js';

export interface ServiceOptions extends Partial<Limits> {
  /** Told of what is the service's own fault, which clients aren't. @default console.error */
  readonly onError?: (error: unknown) => void;
}

export interface Service {
  /** Not listening yet. */
  readonly server: Server;
  /** Takes nothing new, answers what has come, and ends. The classifier isn't used any more then. */
  close(): Promise<void>;
}

/** How often Node looks for requests that are too slow; its own 30 s would make any shorter limit 30 s. */
const LOOK_EVERY_MS = 1_000;

/** How many more connections than allowed may be open until the slowest are closed. */
const BURST = 4;

function topOf(query: string): number | undefined {
  const top = new URLSearchParams(query).get('top');
  if (top === null) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(top)) {
    throw new Refusal(
      400,
      `top: expected a whole number from 1 up, got ${JSON.stringify(top)}; ask for /classify?top=3, or leave it out`,
    );
  }
  return Number(top);
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>>,
): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    })
    .end(text);
}

/**
 * Answers `POST /classify`, the bytes of a picture, by its classes, and `GET /health`.
 *
 * Computing a picture holds up the process, so that two at once would take as long as one after the other, and
 * twice the memory: one is decoded and computed at a time. The others wait, and are left out where by
 * then nobody waits for the answer.
 *
 * @param classifier stays yours; dispose it when the service is closed
 */
export function createService(classifier: Classifier, options: ServiceOptions = {}): Service {
  const { onError = console.error, ...given } = options;
  const limits: Limits = { ...DEFAULT_LIMITS, ...given };
  const line = new OneAtATime();
  const places = new Share(limits.maxAtOnce, limits.maxPerAddress);
  const memory = new Share(limits.maxBytesAtOnce, limits.maxBytesAtOnce / 2);
  const connections = new Connections(limits, (socket, reason) => {
    closeConnection(socket, reason, limits);
  });
  let closing = false;

  async function compute(bytes: Buffer, top: number | undefined): Promise<Classification[]> {
    try {
      return await classifier.classify(bytes, top === undefined ? {} : { top });
    } catch (error) {
      if (!(error instanceof PictureError)) throw error;
      throw new Refusal(415, error.message.replace(/^picture/, 'body'));
    }
  }

  /** The classes, unless time is up or the client gone before; the work for it then is left out, or its result. */
  function inTurn(
    response: ServerResponse,
    work: () => Promise<Classification[]>,
    done: () => void,
  ) {
    return new Promise<Classification[]>((resolve, reject) => {
      let given = false;
      const giveUp = (): void => {
        given = true;
        reject(tooLate(limits));
      };
      const timer = setTimeout(giveUp, limits.answerMs);
      response.once('close', () => {
        clearTimeout(timer);
        giveUp();
      });
      line
        .run(async () => {
          if (!given) resolve(await work());
        })
        .catch(reject)
        .finally(done);
    });
  }

  /**
   * A body is read beside the line, and gets its place there once it has arrived: one that drips takes none. Bytes and
   * place are given back when the work is done or left out, for a client that has gone may leave work behind.
   */
  async function classify(request: IncomingMessage, response: ServerResponse, query: string) {
    const address = addressOf(request.socket);
    const top = topOf(query);
    // As well as later, so that nobody sends what will be refused.
    if (!places.has(address, 1)) throw tooMany(limits);
    let held = 0;
    const release = (): void => {
      memory.give(address, held);
      held = 0;
    };
    let bytes: Buffer;
    try {
      bytes = await readBody(request, limits.maxBytes, (more) => {
        if (!memory.take(address, more)) throw tooMuch(limits);
        held += more;
      });
      if (!places.take(address, 1)) throw tooMany(limits);
    } catch (error) {
      release();
      throw error;
    }
    const done = (): void => {
      release();
      places.give(address, 1);
    };
    return { classes: await inTurn(response, () => compute(bytes, top), done) };
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<object> {
    if (closing) throw ending();
    const { method = '', url = '' } = request;
    const [path, query = ''] = url.split('?');
    const asked = `${method} ${path ?? ''}`;
    if (asked === 'POST /classify') return classify(request, response, query);
    if (asked === 'GET /health') {
      const { classes } = classifier;
      return { status: 'ok', backend: tf.getBackend(), classes, waiting: line.unfinished };
    }
    throw new Refusal(
      404,
      `request: expected POST /classify or GET /health, got ${asked}; see the README`,
    );
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Else a client that keeps its connection would keep the service from ending.
    const last = (): Record<string, string> => (closing ? { connection: 'close' } : {});
    try {
      const body = await route(request, response);
      send(response, 200, body, last());
    } catch (error) {
      if (response.destroyed) return;
      const known = error instanceof Refusal;
      if (!known) onError(error);
      const { status, message, headers } = known
        ? error
        : new Refusal(500, 'service: expected to answer, got an error of its own; see its log');
      send(response, status, { error: message }, { ...headers, ...last() });
    }
  }

  const { receiveMs } = limits;
  const server = createServer(
    {
      requestTimeout: receiveMs,
      headersTimeout: receiveMs,
      connectionsCheckingInterval: Math.min(receiveMs, LOOK_EVERY_MS),
    },
    (request, response) => {
      connections.begin(request, response);
      void answer(request, response);
    },
  );
  // Above what is trimmed to, for those that come at once.
  server.maxConnections = BURST * limits.maxConnections;
  server.on('connection', (socket) => {
    connections.add(socket);
  });
  server.on('clientError', (error, socket) => {
    refuseConnection(error, socket, limits);
  });
  const look = setInterval(
    () => {
      connections.check();
    },
    Math.min(limits.graceMs / 4, LOOK_EVERY_MS),
  );
  look.unref();

  return {
    server,
    async close() {
      closing = true;
      const closed = new Promise((resolve) => server.close(resolve));
      // Once it no longer listens, Node no longer looks for slow requests.
      const patience = setTimeout(() => {
        server.closeAllConnections();
      }, receiveMs + limits.answerMs);
      await closed;
      clearTimeout(patience);
      clearInterval(look);
      await line.run(() => Promise.resolve());
    },
  };
}
