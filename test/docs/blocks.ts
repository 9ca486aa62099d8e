import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../..');

/** What people read, by its path from the root. */
export const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

export interface Block {
  readonly page: string;
  /** From 1, of all blocks of the page. */
  readonly number: number;
  readonly language: string;
  readonly code: string;
}

/** The fenced blocks of all pages, in their order. */
export const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...read(page).matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms)].map(
    ([, , language = '', code = ''], i) => ({ page, number: i + 1, language, code }),
  ),
);

export const blocksIn = (...languages: string[]) =>
  BLOCKS.filter(({ language }) => languages.includes(language)).map(
    (block) => [`${block.page}, block ${block.number}`, block] as const,
  );
