import {
  CHANGE_TITLES,
  type ClassChange,
  changeLines,
  changeRows,
} from '../explain/class-changes.js';
import { html, type Html, section, table } from './html.js';

/** What became of the classes of the classifier that this one was trained from. */
export const changesSection = (changes: readonly ClassChange[]): Html =>
  section(
    'changes',
    'Old classes',
    ...changeLines(changes).map((line) => html`<p>${line}</p>`),
    table(
      'On the pictures that were held out before, whether or not they are measured above',
      CHANGE_TITLES.map((title, i) => ({ title, numeric: i > 0 })),
      changeRows(changes),
    ),
  );
