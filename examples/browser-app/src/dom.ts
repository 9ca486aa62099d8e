/** Finds an element of index.html by its id. */
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

/** Makes a button with an action. */
export function button(label: string, className: string, act: () => void): HTMLButtonElement {
  const made = element('button', { type: 'button', className }, label);
  made.addEventListener('click', act);
  return made;
}

/** Tells screen readers what sighted users can see. */
export function announce(text: string): void {
  find('announcements', HTMLElement).textContent = text;
}

/** Shows an error in an area with the role `alert`; without a text, clears it. */
export function alert(area: HTMLElement, text = ''): void {
  // A new element, so that screen readers read out the same text again.
  area.replaceChildren(...(text === '' ? [] : [element('p', {}, text)]));
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/**
 * Lets the browser draw and handle clicks. Animation frames would stop training in a background tab, which gets none.
 */
export const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
