import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusals.js';

const tooLarge = (maxBytes: number, got: string): Refusal =>
  new Refusal(
    413,
    `body: expected at most ${maxBytes} bytes, got ${got}; save the picture smaller`,
  );

/**
 * The bytes of a request's body. Of one that is too large no more is kept than is allowed; the rest is
 * heard and dropped, since clients read no answer before they have said all.
 *
 * @throws Refusal where there are none, or more than `maxBytes`
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const told = request.headers['content-length'];
  if (Number(told) > maxBytes) throw tooLarge(maxBytes, String(told));
  const chunks: Buffer[] = [];
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else reject(tooLarge(maxBytes, 'more'));
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
