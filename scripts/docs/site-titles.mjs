/** A plugin of typedoc's: pages in Markdown are called as their first heading calls them, and not as their file. */
import { Converter } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page) => {
    const text = page.content.map((part) => part.text).join('');
    page.name = /^# (.*)$/m.exec(text)?.[1] ?? page.name;
  });
}
