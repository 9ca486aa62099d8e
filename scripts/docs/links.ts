import { dirname, join, normalize } from 'node:path';

export interface Link {
  /** As it stands in the page. */
  readonly link: string;
  /** The file that it leads to, by its path from the root of the repository or package. */
  readonly target: string;
  /** After the `#`; empty where there is none. */
  readonly anchor: string;
}

const withoutFences = (text: string) => text.replaceAll(/^( *)```.*?^\1```$/gms, '');
const withoutCode = (text: string) => withoutFences(text).replaceAll(/`[^`]*`/g, '');

/** `[text](link "title")` and images, `[name]: link`, and what HTML has. */
const LINK =
  /\]\(\s*<?([^)\s>]+)>?[^)]*\)|^ *\[[^\]]+\]:\s+<?([^\s>]+)| (?:src|srcset|href)="([^"]+)"/gm;

/** The links and pictures of a page in Markdown that lead to no other address: its relative ones. */
export function linksIn(page: string, text: string): readonly Link[] {
  return [...withoutCode(text).matchAll(LINK)].flatMap(([, inline, reference, html]) => {
    const link = inline ?? reference ?? html ?? '';
    if (/^[a-z][a-z\d+.-]*:|^\/\//i.test(link)) return [];
    const [path = '', anchor = ''] = decodeURI(link).split('#');
    const target = path === '' ? page : normalize(join(dirname(page), path)).replaceAll('\\', '/');
    return [{ link, target, anchor }];
  });
}

/** The anchors of a page in Markdown, as GitHub and npm make them of headings; of equal ones the second has `-1` behind it. */
export function anchorsIn(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  const plain = withoutFences(text);
  for (const [, heading = ''] of plain.matchAll(/^ {0,3}#{1,6} +(.*?)[ #]*$/gm)) {
    const name = heading
      .replaceAll(/\]\([^)]*\)/g, '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = name;
    for (let i = 1; found.has(anchor); i++) anchor = `${name}-${i}`;
    found.add(anchor);
  }
  for (const [, id = ''] of plain.matchAll(/ (?:id|name)="([^"]+)"/g)) found.add(id);
  return found;
}
