import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusals.js';

const tooLarge = (maxBytes: number, got: string): Refusal =>
  new Refusal(413, `body: expected at most ${maxBytes} bytes, got ${got}; send a smaller picture`);

/**
 * Reads a request's body. The rest of a refused body is read and discarded, as clients only read the answer once they have
 * sent everything.
 *
 * @param hold called with the number of bytes before they are kept; throws to refuse them
 * @throws Refusal if the body is empty or larger than `maxBytes`
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
      'body: expected the bytes of a picture, got none; send it with curl --data-binary @FILE',
    );
  }
  return Buffer.concat(chunks);
}
