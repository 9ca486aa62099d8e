import { anchorsIn, linksIn } from '../../scripts/docs/links';

const targets = (text: string, page = 'docs/page.md') =>
  linksIn(page, text).map(({ target, anchor }) => (anchor === '' ? target : `${target}#${anchor}`));

describe('linksIn', () => {
  it('gives relative links from the root: of text, of pictures, of references and of HTML', () => {
    expect(targets('[a](other.md), [b](../README.md#top), ![c](images/c%20d.svg "title")')).toEqual(
      ['docs/other.md', 'README.md#top', 'docs/images/c d.svg'],
    );
    expect(targets('[a][b]\n\n[b]: ../LICENSE')).toEqual(['LICENSE']);
    const html = '<source srcset="dark.svg" /><img alt="" src="light.svg" /><a href="#here">h</a>';
    expect(targets(html, 'README.md')).toEqual(['dark.svg', 'light.svg', 'README.md#here']);
    expect(targets('[![badge](badge.svg)](target.md)')).toEqual([
      'docs/badge.svg',
      'docs/target.md',
    ]);
  });

  it('leaves out addresses, and what is code', () => {
    const addresses =
      '[a](https://example.com/x.md), [b](mailto:a@example.com), [c](//example.com)';
    expect(targets(addresses)).toEqual([]);
    expect(targets('`[a](b.md)`\n\n```md\n[a](b.md)\n```\n')).toEqual([]);
  });
});

describe('anchorsIn', () => {
  it('makes them of headings as GitHub does', () => {
    const page =
      '# A `code` title, twice\n\n## Größe: 2 × 2\n\n## [Linked](x.md) text ##\n\n## a code title twice\n';
    expect([...anchorsIn(page)]).toEqual([
      'a-code-title-twice',
      'größe-2--2',
      'linked-text',
      'a-code-title-twice-1',
    ]);
  });

  it('takes those of HTML, and no comments in code', () => {
    expect([...anchorsIn('<a id="here"></a>\n\n```sh\n# not a heading\n```\n')]).toEqual(['here']);
  });
});
