/** Settles as `pending` does, or rejects with the signal's reason if that comes first. */
const orAborted = <T>(pending: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason as Error);
    };
    // The signal may have been aborted while the next value was requested.
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void pending.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });

const ignore = () => undefined;

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
      let next: IteratorResult<T, unknown>;
      try {
        next = await orAborted(pending, signal);
      } catch (error) {
        void pending.then((late) => {
          if (late.done !== true) discard(late.value);
        }, ignore);
        throw error;
      }
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
