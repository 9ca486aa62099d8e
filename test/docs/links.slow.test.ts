import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { anchorsIn, linksIn } from '../../scripts/docs/links';
import typedoc from '../../typedoc.json';
import { PAGES, read, ROOT } from './blocks';

const LINKS = PAGES.flatMap((page) => linksIn(page, read(page)).map((link) => ({ page, ...link })));

describe('the links of the documentation', () => {
  it('lead to files that are there', () => {
    expect(LINKS.length).toBeGreaterThan(50);
    expect(LINKS.filter(({ target }) => !existsSync(join(ROOT, target)))).toEqual([]);
  });

  it('lead to headings that are there', () => {
    const lost = LINKS.filter(
      ({ anchor, target }) =>
        anchor !== '' && existsSync(join(ROOT, target)) && !anchorsIn(read(target)).has(anchor),
    );
    expect(lost).toEqual([]);
  });

  // GitHub leads to CONTRIBUTING.md, and the package has neither it nor docs/code.md.
  it('reach every page from the README or CONTRIBUTING, and the site has each', () => {
    const seen = new Set(['README.md', 'CONTRIBUTING.md']);
    for (const page of seen)
      for (const link of LINKS) if (link.page === page) seen.add(link.target);
    const rest = PAGES.filter((page) => page !== 'README.md');
    expect(rest.filter((page) => !seen.has(page))).toEqual([]);
    expect(rest.filter((page) => !typedoc.projectDocuments.includes(page))).toEqual([]);
  });

  // Where its links lead is for scripts/package/check-tarball.ts to say.
  it('are in a package that has the pages for users, and nothing else for people', () => {
    const dryRun = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const [{ files }] = JSON.parse(dryRun) as [{ files: { path: string }[] }];
    const packed = files.map(({ path }) => path);
    const pages = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/code.md');
    expect(packed.filter((path) => /^docs\/.*\.md$/.test(path)).sort()).toEqual(pages.sort());
    const beside = packed.filter((path) => !/^(dist|schemas|docs)\//.test(path));
    const expected = ['CHANGELOG.md', 'LICENSE', 'NOTICE', 'README.md', 'package.json'];
    expect(beside.sort()).toEqual(expected);
  });
});
