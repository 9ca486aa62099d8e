import type { Classification } from 'resnet-heads';
import { element } from './dom.js';
import { share } from './numbers.js';

function makeRow() {
  const name = element('span', { className: 'score-name' });
  const value = element('span', { className: 'score-share' });
  const fill = element('span', { className: 'bar-fill' });
  const bar = element('span', { className: 'bar', ariaHidden: 'true' }, fill);
  return { item: element('li', {}, name, value, bar), name, value, fill };
}

/** A list of classes with their probabilities as bars, which changes in place. */
export class ScoreList {
  private readonly rows: ReturnType<typeof makeRow>[] = [];

  constructor(private readonly list: HTMLOListElement) {}

  show(found: readonly Classification[]): void {
    while (this.rows.length > found.length) this.rows.pop()?.item.remove();
    for (const [i, { className, probability }] of found.entries()) {
      const row = (this.rows[i] ??= makeRow());
      if (!row.item.isConnected) this.list.append(row.item);
      row.name.textContent = className;
      row.value.textContent = share(probability);
      row.fill.style.width = `${100 * probability}%`;
    }
  }
}
