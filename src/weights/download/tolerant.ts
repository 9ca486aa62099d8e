/** Calls a cache that may fail. The first failure is reported, and nothing is tried after it. */
export class Tolerant {
  private failed = false;

  /** @param report called at most once, with the error's message and the error */
  constructor(private readonly report: (got: string, cause: unknown) => void) {}

  get hasFailed(): boolean {
    return this.failed;
  }

  /** @returns undefined if it fails, or an earlier call did */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.failed) return undefined;
    try {
      return await work();
    } catch (cause) {
      this.fail(cause);
      return undefined;
    }
  }

  fail(cause: unknown): void {
    if (this.failed) return;
    this.failed = true;
    // No `instanceof Error`: Node's errors may come from another realm.
    const { message = String(cause) } = cause as { readonly message?: string };
    this.report(message, cause);
  }
}
