/** Often enough to follow, and rare enough to listen to something else. */
const LEAST_MS = 2_000;

/** Tells screen readers of changes, at most every two seconds; of those that come too early, the last one follows. */
export class Sparingly {
  private said = '';
  private at = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param area has the role `status` */
  constructor(private readonly area: HTMLElement) {}

  tell(text: string): void {
    clearTimeout(this.timer);
    if (text === this.said) return;
    const wait = this.at + LEAST_MS - performance.now();
    if (wait > 0) {
      this.timer = setTimeout(() => {
        this.tell(text);
      }, wait);
      return;
    }
    [this.said, this.at] = [text, performance.now()];
    this.area.textContent = text;
  }

  /** Begins again; a last text is told at once. */
  end(text = ''): void {
    clearTimeout(this.timer);
    [this.said, this.at] = ['', -Infinity];
    this.area.textContent = text;
  }
}
