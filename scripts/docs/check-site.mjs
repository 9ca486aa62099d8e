/**
 * Follows every link and image of the site that `npm run docs` has built: whatever lies in it has to be there, its anchor
 * too, and nothing may lead to a page in Markdown, which a site doesn't show.
 *
 *     node scripts/docs/check-site.mjs
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const site = join(dirname(fileURLToPath(import.meta.url)), '../../docs/api');
const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.html'),
);

/** @param {string} page */
const read = (page) => readFileSync(page, 'utf8');
/** @type {Map<string, Set<string>>} */
const anchors = new Map();
/** @param {string} page */
function anchorsOf(page) {
  const known = anchors.get(page);
  if (known !== undefined) return known;
  const found = new Set([...read(page).matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => id));
  anchors.set(page, found);
  return found;
}

const faults = pages.flatMap((name) => {
  const page = join(site, name);
  const links = [...read(page).matchAll(/ (?:href|src|srcset)="([^"]*)"/g)];
  return links.flatMap(([, link = '']) => {
    if (/^(https?|data|mailto):/.test(link)) return [];
    const [path = '', anchor = ''] = decodeURI(link.replaceAll('&amp;', '&')).split('#');
    const target = path === '' ? page : join(dirname(page), path.replace(/\?.*$/, ''));
    if (!existsSync(target)) return [`${name}: ${link} leads nowhere`];
    if (target.endsWith('.md'))
      return [`${name}: ${link} is no page of the site; see typedoc.json`];
    if (anchor === '' || !target.endsWith('.html') || anchorsOf(target).has(anchor)) return [];
    return [`${name}: ${relative(site, target)} has no anchor ${anchor}`];
  });
});
for (const fault of new Set(faults)) console.error(fault);
console.log(`${pages.length} pages, ${faults.length} links that lead nowhere`);
process.exitCode = faults.length === 0 ? 0 : 1;
