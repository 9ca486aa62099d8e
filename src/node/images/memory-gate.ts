/** Lets work begin while all that runs takes no more than so many bytes together; the rest waits its turn. */
export class MemoryGate {
  private taken = 0;
  private readonly waiting: { readonly bytes: number; readonly begin: () => void }[] = [];

  constructor(private readonly maxBytes: number) {}

  /**
   * Does work as soon as there is room for it, at once if there is room now. What takes more than everything there is
   * runs alone.
   */
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

  /** In turn, so that small ones don't keep a large one out. */
  private letIn(): void {
    for (let [next] = this.waiting; next && this.hasRoom(next.bytes); [next] = this.waiting) {
      this.waiting.shift();
      // Taken before it goes on, which it does only in a later task.
      this.taken += next.bytes;
      next.begin();
    }
  }
}
