import { printable } from '../printable.js';

/** A piece of HTML. Texts that are put into one by {@link html} are escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = Html | string | number | undefined | readonly Html[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string): string =>
  printable(text).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

function written(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escape(String(value));
}

/** Writes HTML. Values are escaped, unless they are HTML; undefined is nothing. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html =>
  new Html(parts.map((part, i) => part + written(values[i])).join(''));

export interface Column {
  readonly title: string;
  /** Whether it holds numbers. */
  readonly numeric?: boolean;
}

/** A table whose first column names the rows. */
export const table = (
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): Html =>
  html` <div class="wide">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ title, numeric = false }) => (numeric ? html`<th scope="col" class="n">${title}</th>` : html`<th scope="col">${title}</th>`))}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name = '', ...cells]) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${cells.map((cell, i) =>
                columns[i + 1]?.numeric === true
                  ? html`<td class="n">${cell}</td>`
                  : html`<td>${cell}</td>`,
              )}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;

/** What a chart shows as a table, for those who can't see it or want its numbers. */
export const details = (summary: string, content: Html): Html =>
  html`<details>
    <summary>${summary}</summary>
    ${content}
  </details>`;

export const section = (id: string, title: string, ...content: readonly (Html | undefined)[]) =>
  html` <section aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${content.filter((each) => each !== undefined)}
  </section>`;
