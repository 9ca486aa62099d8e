/** The threshold of W3C's Long Tasks specification, above which a page feels unresponsive. */
const LONG_TASK_MS = 50;

/**
 * Yields to the event loop. Animation frames and timers would not do: a background tab gets them once a second or never.
 */
const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });

/**
 * Makes a function to await in each pass of a loop: it yields to the event loop every 50 ms. On backends that compute
 * synchronously (cpu, wasm, tensorflow), timers, `AbortSignal`, Ctrl-C and drawing would otherwise wait for the loop's end.
 */
export function pauser(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < LONG_TASK_MS) return;
    await nextTask();
    last = performance.now();
  };
}
