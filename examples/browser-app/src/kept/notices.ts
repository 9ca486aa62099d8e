import { alert, find, messageOf } from '../dom.js';

export const alertArea = find('kept-alert', HTMLElement);
const line = find('kept', HTMLElement);

/** Without effect if it is said already: screen readers would read it again. */
export function say(text: string): void {
  show(text, 'polite');
}

/** Shows what screen readers need not say with each change. */
export function show(text: string, live: 'polite' | 'off' = 'off'): void {
  line.ariaLive = live;
  if (line.textContent !== text) line.textContent = text;
}

export function complain(text: string): void {
  if (alertArea.textContent !== text) alert(alertArea, text);
}

export const reason = (error: unknown): string =>
  error instanceof DOMException && error.name === 'QuotaExceededError'
    ? 'the browser’s storage for this page is full; remove pictures, or free some space'
    : messageOf(error);
