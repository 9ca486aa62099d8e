/**
 * Shows the pictures of the chosen theme: `<source media="(prefers-color-scheme: dark)">` alone follows the system, not the
 * site's own setting.
 */
/* global document, MutationObserver */
(() => {
  const root = document.documentElement;
  const query = '(prefers-color-scheme: dark)';
  const sources = [...document.querySelectorAll('source')].filter(({ media }) => media === query);
  const follow = () => {
    const { theme } = root.dataset;
    const media = { light: 'not all', dark: 'all' }[theme ?? ''] ?? query;
    for (const source of sources) source.media = media;
  };
  new MutationObserver(follow).observe(root, { attributeFilter: ['data-theme'] });
  follow();
})();
