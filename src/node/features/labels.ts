import { type LabelPlace, namesIn } from '../images/label-text.js';

/** What is known of the labels of pictures in shards. */
export class Labels {
  /** How many pictures have none. */
  missing = 0;
  readonly classes = new Set<string>();

  constructor(private readonly multiLabel: boolean) {}

  add(label: string | null, place: LabelPlace): void {
    if (label === null) {
      this.missing++;
      return;
    }
    for (const name of namesIn(label, this.multiLabel, place)) this.classes.add(name);
  }

  /** Adds those of another shard. */
  join({ missing, classes }: Labels): void {
    this.missing += missing;
    for (const name of classes) this.classes.add(name);
  }
}
