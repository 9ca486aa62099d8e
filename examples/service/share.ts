/** A limited amount of a resource, with a limit for each address. */
export class Share {
  #all = 0;
  readonly #each = new Map<string, number>();

  constructor(
    private readonly max: number,
    private readonly maxEach: number,
  ) {}

  has(address: string, amount: number): boolean {
    const own = this.#each.get(address) ?? 0;
    return own + amount <= this.maxEach && this.#all + amount <= this.max;
  }

  /** Takes an amount if it is available; returns whether it was. */
  take(address: string, amount: number): boolean {
    if (!this.has(address, amount)) return false;
    this.#each.set(address, (this.#each.get(address) ?? 0) + amount);
    this.#all += amount;
    return true;
  }

  give(address: string, amount: number): void {
    const own = (this.#each.get(address) ?? 0) - amount;
    if (own > 0) this.#each.set(address, own);
    else this.#each.delete(address);
    this.#all -= amount;
  }
}
