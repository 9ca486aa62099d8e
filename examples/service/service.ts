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
  /** Called with internal errors, whose messages are not sent to clients. @default console.error */
  readonly onError?: (error: unknown) => void;
}

export interface Service {
  /** Not yet listening. */
  readonly server: Server;
  /** Refuses new requests and resolves once the open ones are answered; the classifier is then no longer used. */
  close(): Promise<void>;
}

/** Interval at which Node checks for slow requests; with its default, 30 s, shorter limits would have no effect. */
const LOOK_EVERY_MS = 1_000;

/** Factor by which open connections can exceed the limit until the slowest are closed. */
const BURST = 4;

function topOf(query: string): number | undefined {
  const top = new URLSearchParams(query).get('top');
  if (top === null) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(top)) {
    throw new Refusal(
      400,
      `top: expected a whole number of 1 or more, got ${JSON.stringify(top)}; send /classify?top=3, or leave it out`,
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
 * Creates a server for `POST /classify`, whose body is the bytes of a picture, and `GET /health`.
 *
 * Pictures are decoded and classified one at a time: two at once would take as long, and twice the memory. The others wait,
 * and are skipped if their client has gone.
 *
 * @param classifier not disposed; dispose it after closing the service
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

  /** Queues a classification. It is rejected when the time is up or the client has gone; waiting work is then skipped. */
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
   * Reads a body, then queues it: a slow body does not take a place in the queue. Bytes and place are released when the work
   * is finished or skipped, not when the client goes, as its work may still be running.
   */
  async function classify(request: IncomingMessage, response: ServerResponse, query: string) {
    const address = addressOf(request.socket);
    const top = topOf(query);
    // Checked before the body is read too, so that clients don't send a body that would be refused.
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
    // A connection that is kept alive would keep the service from stopping.
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
        : new Refusal(500, 'service: expected to answer, got an internal error; see its log');
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
  // Higher than the limit, for connections that are opened at the same time.
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
      // Node no longer checks for slow requests once the server has stopped listening.
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
