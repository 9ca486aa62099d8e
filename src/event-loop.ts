/** Longer than this a page feels stuck; the Long Tasks specification of W3C draws the line here. */
const LONG_TASK_MS = 50;

/**
 * Ends the task at hand, and goes on in the next: what waits in between has its turn. Not by animation frames nor
 * timers, which a tab in the background gets once a second, if at all.
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
 * For loops that await nothing but what is computed in step, as on cpu, wasm and tensorflow: without a pause, no timer
 * fires, no `AbortSignal` or Ctrl-C gets through and no page draws until they end.
 *
 * @returns what to await in each turn; it pauses where the last pause is 50 ms ago
 */
export function pauser(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < LONG_TASK_MS) return;
    await nextTask();
    last = performance.now();
  };
}
