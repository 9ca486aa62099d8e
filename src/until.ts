const ignore = () => undefined;

/**
 * Settles as `pending` does, or rejects with the signal's reason if that comes first.
 *
 * @param discard disposes a value that arrives after the signal
 */
export const orAborted = <T>(
  pending: Promise<T>,
  signal: AbortSignal,
  discard: (late: T) => void,
): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason as Error);
      void pending.then(discard, ignore);
    };
    // The signal may have been aborted while the value was requested.
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    void pending.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });

/**
 * Yields the values of an iterable until a signal aborts, even while waiting for the next one.
 *
 * @param discard disposes a value that arrives after the signal
 * @throws the signal's reason
 */
export async function* until<T>(
  values: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal | undefined,
  discard: (late: T) => void,
): AsyncGenerator<T, void, undefined> {
  if (signal === undefined) {
    yield* values;
    return;
  }
  signal.throwIfAborted();
  const source = Symbol.asyncIterator in values ? values : until(values, undefined, discard);
  const iterator = source[Symbol.asyncIterator]();
  let isOpen = true;
  try {
    for (;;) {
      signal.throwIfAborted();
      const pending = Promise.resolve(iterator.next()).catch((error: unknown) => {
        isOpen = false;
        throw error;
      });
      const next = await orAborted(pending, signal, (late) => {
        if (late.done !== true) discard(late.value);
      });
      if (next.done === true) {
        isOpen = false;
        return;
      }
      yield next.value;
    }
  } finally {
    const closed = isOpen ? Promise.resolve(iterator.return?.()) : undefined;
    // A generator closes only after its pending value, which may never arrive.
    if (signal.aborted) void closed?.catch(ignore);
    else await closed;
  }
}
