import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import typedoc from '../../typedoc.json';
import { PAGES, read, ROOT } from './blocks';

interface Link {
  readonly page: string;
  readonly link: string;
  /** By its path from the root. */
  readonly target: string;
  readonly anchor: string;
}

const withoutCode = (text: string) =>
  text.replaceAll(/^( *)```.*?^\1```$/gms, '').replaceAll(/`[^`]*`/g, '');

const LINKS: readonly Link[] = PAGES.flatMap((page) =>
  [...withoutCode(read(page)).matchAll(/\]\(([^)]+)\)| (?:src|srcset)="([^"]+)"/g)].flatMap(
    ([, inText, inImage]) => {
      const link = inText ?? inImage ?? '';
      if (/^https?:/.test(link)) return [];
      const [path = '', anchor = ''] = link.split('#');
      return [
        { page, link, anchor, target: path === '' ? page : normalize(join(dirname(page), path)) },
      ];
    },
  ),
);

/** As GitHub makes them of headings. */
const anchorsOf = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the links of the documentation', () => {
  it('lead to files that are there', () => {
    expect(LINKS.length).toBeGreaterThan(50);
    expect(LINKS.filter(({ target }) => !existsSync(join(ROOT, target)))).toEqual([]);
  });

  it('lead to headings that are there', () => {
    const lost = LINKS.filter(
      ({ anchor, target }) =>
        anchor !== '' && existsSync(join(ROOT, target)) && !anchorsOf(target).includes(anchor),
    );
    expect(lost).toEqual([]);
  });

  it('reach every page from the README, and the site has each', () => {
    const seen = new Set(['README.md']);
    for (const page of seen)
      for (const link of LINKS) if (link.page === page) seen.add(link.target);
    const rest = PAGES.filter((page) => page !== 'README.md');
    expect(rest.filter((page) => !seen.has(page))).toEqual([]);
    expect(rest.filter((page) => !typedoc.projectDocuments.includes(page))).toEqual([]);
  });

  it('lead from what is packed to what is packed, or to what is for those who carry it on', () => {
    const dryRun = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const [{ files }] = JSON.parse(dryRun) as [{ files: { path: string }[] }];
    const packed = files.map(({ path }) => path);
    const known = ['CONTRIBUTING.md', 'docs/code.md'];
    // They run in a checkout, as README says of them.
    const isExample = (path: string) => path.startsWith('examples/');
    const out = LINKS.filter(
      ({ page, target }) =>
        packed.includes(page) &&
        !packed.includes(target) &&
        !known.includes(target) &&
        !isExample(target),
    );
    expect(out).toEqual([]);
    const beside = packed.filter((path) => !/^(dist|schemas|docs)\//.test(path));
    const expected = ['CHANGELOG.md', 'LICENSE', 'NOTICE', 'README.md', 'package.json'];
    expect(beside.sort()).toEqual(expected);
  });
});
