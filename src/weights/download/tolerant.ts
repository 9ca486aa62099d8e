/** Works with a cache that may fail: its first failure is told, and nothing more is tried after that. */
export class Tolerant {
  private failed = false;

  /** @param tell called once at most, with what failed and the words for it */
  constructor(private readonly tell: (got: string, cause: unknown) => void) {}

  get hasFailed(): boolean {
    return this.failed;
  }

  /** @returns nothing where it fails, or something did before */
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
    // Node's own errors may come from another realm, where `instanceof` says no.
    const { message = String(cause) } = cause as { readonly message?: string };
    this.tell(message, cause);
  }
}
