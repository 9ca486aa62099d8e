/** The element of the page's own HTML with an id. */
export function find<T extends HTMLElement>(id: string, type: abstract new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`index.html: expected a ${type.name} with the id "${id}"`);
}

/** Makes an element with properties and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A button, and what it does. */
export function button(label: string, className: string, act: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button', className }, label);
  made.addEventListener('click', act);
  return made;
}

/** Tells screen readers what happened, where sighted users see it. */
export function announce(text: string): void {
  find('announcements', HTMLElement).textContent = text;
}

/** Says in an area with the role `alert` what went wrong; without a text, that nothing did. */
export function alert(area: HTMLElement, text = ''): void {
  // The same text again is said again: an alert is read where its content changes.
  area.replaceChildren(...(text === '' ? [] : [element('p', {}, text)]));
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/**
 * Lets the browser draw and take clicks. Not by animation frames, which a tab in the background doesn't get: it would stop
 * training.
 */
export const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
