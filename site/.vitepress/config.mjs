import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { DIST, PAGES, ROOT, SITE, STAGE } from '../pages.mjs';
import { slug } from '../slug.mjs';

const title = (page) => {
  const document = [...PAGES].find(([, each]) => each === page)?.[0];
  if (!document) throw new Error(`${page} is in the side bar and no page`);
  return /^# (.+)$/m.exec(readFileSync(join(ROOT, document), 'utf8'))[1].replaceAll('`', '');
};
const items = (...pages) =>
  pages.map((page) => {
    const [name, text] = [page].flat();
    return { text: text ?? title(`${name}.md`), link: `/${name}` };
  });
const under = (folder, ...first) => {
  const names = [...PAGES.values()].filter((page) => page.startsWith(`${folder}/`)).map((page) => page.slice(0, -3));
  return items(...new Set([...first, ...names]));
};

export default defineConfig({
  title: 'Drawbridge',
  description: 'WebSockets for the Java web application that you already have.',
  lang: 'en',
  base: process.env.DOCS_BASE ?? '/',
  srcDir: STAGE,
  outDir: DIST,
  cacheDir: join(SITE, 'target', 'cache'),
  // The pages are the same bytes wherever and whenever they are built.
  lastUpdated: false,
  ignoreDeadLinks: 'localhostLinks',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  vite: { publicDir: join(STAGE, 'public'), build: { chunkSizeWarningLimit: 2000 } },
  markdown: {
    anchor: { slugify: slug },
    // Braces in a sentence are no attributes.
    attrs: { disable: true },
    linkify: false,
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    languageAlias: { haproxy: 'ini', svelte: 'html', vue: 'html' },
    config(md) {
      // A wide table scrolls by itself, and by the keyboard.
      md.renderer.rules.table_open = () => '<div class="wide" tabindex="0" role="group" aria-label="Table"><table>\n';
      md.renderer.rules.table_close = () => '</table></div>\n';
      // An empty corner of a table heads nothing.
      md.core.ruler.push('corners', ({ tokens }) => {
        tokens.forEach((token, at) => {
          if (token.type === 'th_open' && tokens[at + 1].content === '') token.tag = tokens[at + 2].tag = 'td';
        });
      });
      // A block by indentation is one by fences, which scrolls, and by the keyboard.
      md.renderer.rules.code_block = (tokens, at, ...more) => {
        tokens[at].info = 'text';
        return md.renderer.rules.fence(tokens, at, ...more);
      };
      // `- [ ]` of a checklist.
      const text = md.renderer.rules.text;
      md.renderer.rules.text = (tokens, at, ...more) => text(tokens, at, ...more).replace(/^\[ \] /, '☐ ');
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: items(['getting-started', 'Getting started'], ['settings', 'Settings'], ['debugging', 'Why not?'], ['protocol', 'Protocol']),
    sidebar: [
      {
        text: 'Begin',
        items: [{ text: 'Overview', link: '/' }, ...items('getting-started', 'legacy-web-application', 'spring', 'front-end')],
      },
      { text: 'Operate', items: items('production', 'settings', 'security', 'identity-providers', 'scaling', 'containers', 'outbox', 'operations', 'upgrading') },
      { text: 'Find out why not', items: items('debugging', 'doctor', 'failure-matrix') },
      { text: 'Modules', items: under('modules', 'modules/endpoint', 'modules/filters', 'modules/client') },
      { text: 'Examples', items: under('examples') },
      { text: 'Inside', items: items('protocol', 'architecture', 'contributing', 'promises', ['changelog', 'Changelog']) },
    ],
  },
});
