// Which document of the project is which page of the site. What is not listed here is no page.
import { readdirSync, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const SITE = dirname(fileURLToPath(import.meta.url));
export const ROOT = resolve(SITE, '..');
export const STAGE = join(SITE, 'target', 'pages');
export const DIST = join(SITE, 'target', 'site');

const folders = (folder) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^\.|^(target|node_modules)$/.test(entry.name))
    .map((entry) => (folder ? `${folder}/${entry.name}` : entry.name))
    .sort();

/** From a document, by its path in the project, to its page, by its path on the site. */
export const PAGES = new Map([
  ['README.md', 'index.md'],
  ['PROTOCOL.md', 'protocol.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
  ['CHANGELOG.md', 'changelog.md'],
  ['client/RECIPES.md', 'modules/client-recipes.md'],
  ['bench/RESULTS.md', 'modules/bench-results.md'],
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => [`docs/${file}`, file]),
  ...folders('').map((module) => [`${module}/README.md`, `modules/${module}.md`]),
  ...folders('examples').map((example) => [`${example}/README.md`, `${example}.md`]),
].filter(([document]) => existsSync(join(ROOT, document))));
