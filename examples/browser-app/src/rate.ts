const WINDOW_MS = 1_000;
/** However slow the machine, the last two moments have a rate. */
const LEAST = 2;

/** How often something happens per second, measured over the last second. */
export class Rate {
  private readonly times: number[] = [];

  /**
   * Counts one more.
   *
   * @param now in milliseconds
   * @returns per second; undefined the first time
   */
  count(now: number): number | undefined {
    this.times.push(now);
    while (this.times.length > LEAST && now - (this.times[0] ?? now) > WINDOW_MS) {
      this.times.shift();
    }
    const passed = now - (this.times[0] ?? now);
    return passed > 0 ? ((this.times.length - 1) * 1_000) / passed : undefined;
  }
}
