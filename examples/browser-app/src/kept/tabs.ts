const NAME = 'resnet-heads browser app';
/** A tab that is being reloaded needs a moment to let the project go. */
const PATIENCE_MS = 1_000;

/** Sees to it that only one tab keeps the project. */
export class Tabs {
  private readonly channel = new BroadcastChannel(NAME);
  private release: (() => void) | undefined;

  /** @param onAsked another tab wants the project: called before it gets it */
  constructor(onAsked: () => Promise<void>) {
    this.channel.addEventListener('message', () => {
      const { release } = this;
      if (release === undefined) return;
      this.release = undefined;
      void onAsked().finally(release);
    });
  }

  /** @returns whether this tab got the project: not if another tab has it */
  take(): Promise<boolean> {
    return this.lock(AbortSignal.timeout(PATIENCE_MS));
  }

  /** Asks the other tab for the project, and waits until it has let it go. */
  async ask(): Promise<void> {
    this.channel.postMessage('asked');
    await this.lock();
  }

  private lock(signal?: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      navigator.locks
        .request(NAME, signal ? { signal } : {}, () => {
          resolve(true);
          // Held until the tab closes or another one asks.
          return new Promise<void>((release) => {
            this.release = release;
          });
        })
        .catch((error: unknown) => {
          if (signal?.aborted === true) resolve(false);
          else reject(error instanceof Error ? error : new Error(String(error)));
        });
    });
  }
}
