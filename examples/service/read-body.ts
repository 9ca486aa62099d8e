import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusals.js';

const tooLarge = (maxBytes: number, got: string): Refusal =>
  new Refusal(
    413,
    `body: expected at most ${maxBytes} bytes, got ${got}; save the picture smaller`,
  );

/**
 * The bytes of a request's body. Of one that is too large no more is kept than is allowed: Node reads the rest
 * and drops it, so that the client comes to read its answer.
 *
 * @throws Refusal where there are none, or more than `maxBytes`
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const told = request.headers['content-length'];
  if (Number(told) > maxBytes) throw tooLarge(maxBytes, String(told));
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes, 'more');
    chunks.push(chunk);
  }
  if (bytes === 0) {
    throw new Refusal(
      400,
      'body: expected the bytes of a picture, got none; send it by curl --data-binary @FILE',
    );
  }
  return Buffer.concat(chunks);
}
