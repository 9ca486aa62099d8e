import { at, LENGTH_HEADER } from './protocol.js';

/** The server can't be reached, refuses a request, or serves something else. */
export class ServingError extends Error {
  override readonly name = 'ServingError';
}

export const messageOf = (error: unknown): string => String(at(error, 'message') ?? error);

/** Has an error say which address it is about. */
export function about<T>(url: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ServingError(`${url}: ${messageOf(error)}`, { cause: error });
  }
}

/** The message of a refusal, if its body has one. */
function reasonIn(text: string): string {
  try {
    const reason = at(JSON.parse(text), 'error');
    if (typeof reason === 'string') return reason;
  } catch {
    // Not JSON: as it is.
  }
  return text.trim() || 'no reason';
}

export interface Answer {
  readonly body: Uint8Array;
  /** Length of the JSON that the body begins with, if bytes follow it. */
  readonly length: string | null;
}

/** @throws ServingError if no answer comes, or a refusal */
export async function ask(
  url: string,
  timeoutMs: number,
  request: RequestInit = {},
): Promise<Answer> {
  let response: Response;
  let body: Uint8Array;
  try {
    response = await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) });
    body = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    const isLate = at(error, 'name') === 'TimeoutError';
    // What fetch itself says is only that it failed.
    const got = isLate ? `none in ${timeoutMs} ms` : messageOf(at(error, 'cause') ?? error);
    const remedy = isLate ? 'retry, or raise timeoutMs' : 'start the server, or check its address';
    throw new ServingError(`${url}: expected an answer, got ${got}; ${remedy}`, { cause: error });
  }
  if (!response.ok) {
    const reason = reasonIn(new TextDecoder().decode(body));
    throw new ServingError(`${url}: expected status 200, got ${response.status}: ${reason}`);
  }
  return { body, length: response.headers.get(LENGTH_HEADER) };
}

/** @throws ServingError as {@link ask}, and if the answer isn't JSON */
export async function askJson(url: string, timeoutMs: number): Promise<unknown> {
  const { body } = await ask(url, timeoutMs);
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (cause) {
    throw new ServingError(
      `${url}: expected JSON, got something else; is it a server of the Open Inference Protocol?`,
      { cause },
    );
  }
}
