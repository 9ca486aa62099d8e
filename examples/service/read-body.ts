import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusals.js';

const tooLarge = (maxBytes: number, got: string): Refusal =>
  new Refusal(
    413,
    `body: expected at most ${maxBytes} bytes, got ${got}; save the picture smaller`,
  );

/**
 * The bytes of a request's body. Of one that is refused no more is kept than was allowed; the rest is heard and
 * dropped, since clients read no answer before they have said all.
 *
 * @param hold is told of bytes that are about to be kept; what it throws refuses them
 * @throws Refusal where there are none, or more than `maxBytes`
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  hold: (bytes: number) => void,
): Promise<Buffer> {
  const told = request.headers['content-length'];
  if (Number(told) > maxBytes) throw tooLarge(maxBytes, String(told));
  let chunks: Buffer[] = [];
  let bytes = 0;
  let refused = false;
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      if (refused) return;
      bytes += chunk.length;
      try {
        if (bytes > maxBytes) throw tooLarge(maxBytes, 'more');
        hold(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        refused = true;
        chunks = [];
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    request.on('end', resolve);
    request.on('error', reject);
  });
  if (bytes === 0) {
    throw new Refusal(
      400,
      'body: expected the bytes of a picture, got none; send it by curl --data-binary @FILE',
    );
  }
  return Buffer.concat(chunks);
}
