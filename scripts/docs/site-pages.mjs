/**
 * A plugin of typedoc's: one page has the browser app in it, modules are called as one imports them, and what the site's check by
 * axe-core wants and typedoc hasn't.
 */
import { Converter, DefaultTheme, PageEvent, ReflectionKind, RendererEvent } from 'typedoc';

/** What one imports, by the name of its file. */
const MODULES = new Map([
  ['index', 'resnet-heads'],
  ['plan', 'resnet-heads/plan'],
]);

/** Takes the place of `<div class="app"></div>`; in Markdown typedoc would look for the app, which is built after it. */
const APP = `<p><a href="../app/index.html" target="_blank">Open the app in a new tab</a></p>
<iframe class="app" src="../app/index.html" title="The browser app" loading="lazy" allow="camera"></iframe>`;

/**
 * An entry with others below it gets its own page as the first of them: typedoc puts a link into the summary that opens the
 * list, and no keyboard or screen reader tells the two apart.
 *
 * @param {import('typedoc').NavigationElement} entry
 * @returns {import('typedoc').NavigationElement}
 */
function withOverview(entry) {
  const { path, children, ...rest } = entry;
  if (children === undefined || path === undefined) return entry;
  const overview = { text: 'Overview', path, kind: ReflectionKind.Document };
  return { ...rest, children: [overview, ...children.map(withOverview)] };
}

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      module.name = MODULES.get(module.name) ?? module.name;
    }
  });
  app.renderer.on(RendererEvent.BEGIN, () => {
    const { theme } = app.renderer;
    if (!(theme instanceof DefaultTheme)) return;
    const navigation = theme.getNavigation.bind(theme);
    theme.getNavigation = (project) => navigation(project).map(withOverview);
  });
  app.renderer.on(PageEvent.END, (page) => {
    // Typedoc writes these links as they are; a site in a subfolder has no absolute ones.
    const links = Object.values(app.options.getValue('navigationLinks'));
    const up = '../'.repeat(page.url.split('/').length - 1);
    let html = page.contents ?? '';
    for (const link of links) html = html.replaceAll(`href="${link}"`, `href="${up}${link}"`);
    page.contents = html
      .replace('<div class="app"></div>', APP)
      // What scrolls sideways has to be reached by the keyboard.
      .replaceAll(
        '<table>',
        '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>',
      )
      .replaceAll('</table>', '</table></div>')
      .replaceAll('<pre>', '<pre tabindex="0">');
  });
}
