/** Limits the memory of concurrent work: new work waits while running work would exceed the limit with it. */
export class MemoryGate {
  private taken = 0;
  private readonly waiting: { readonly bytes: number; readonly begin: () => void }[] = [];

  constructor(private readonly maxBytes: number) {}

  /** Runs `work` as soon as there is room for it. Work that needs more than the limit runs alone. */
  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.waiting.length > 0 || !this.hasRoom(bytes)) {
      await new Promise<void>((begin) => this.waiting.push({ bytes, begin }));
    } else {
      this.taken += bytes;
    }
    try {
      return await work();
    } finally {
      this.taken -= bytes;
      this.letIn();
    }
  }

  private hasRoom(bytes: number): boolean {
    return this.taken === 0 || this.taken + bytes <= this.maxBytes;
  }

  /** First come, first served, so that small work doesn't delay large work for ever. */
  private letIn(): void {
    for (let [next] = this.waiting; next && this.hasRoom(next.bytes); [next] = this.waiting) {
      this.waiting.shift();
      // Counted now, as it continues only in a later task.
      this.taken += next.bytes;
      next.begin();
    }
  }
}
