import { element } from './dom.js';

/** Lets the browser save a file. */
export function download(content: Uint8Array<ArrayBuffer> | string, name: string): void {
  const link = element('a', { href: URL.createObjectURL(new Blob([content])), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}
