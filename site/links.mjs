// Each link inside of the built site leads to a page, a file or a heading that is there.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { DIST, PAGES } from './pages.mjs';

const BASE = process.env.DOCS_BASE ?? '/';
const pages = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.html'));
const html = new Map(pages.map((page) => [page, readFileSync(join(DIST, page), 'utf8')]));
const unescape = (text) => text.replace(/&amp;/g, '&').replace(/&quot;/g, '"').replace(/&#39;/g, "'");
const anchors = new Map();
function has(page, anchor) {
  if (!anchors.has(page)) {
    anchors.set(page, new Set([...html.get(page).matchAll(/ id="([^"]+)"/g)].map(([, id]) => unescape(id))));
  }
  return anchors.get(page).has(anchor);
}

const dead = [];
let links = 0;
for (const [page, text] of html) {
  for (const [, attribute, raw] of text.matchAll(/ (href|src)="([^"]*)"/g)) {
    const link = unescape(raw);
    if (/^(?:[a-z]+:|\/\/)/.test(link)) continue;
    links++;
    const [path, anchor] = link.split('#', 2);
    const absolute = path.startsWith('/') ? path.slice(BASE.length) : posix.join(posix.dirname(page), path);
    let place = path === '' ? page : decodeURIComponent(posix.normalize(absolute)).replace(/^\.\/|\?.*$/g, '');
    if (place === '' || place === '.' || place.endsWith('/')) place = posix.join(place, 'index.html');
    const file = join(DIST, place);
    if (!existsSync(file) || !statSync(file).isFile()) dead.push(`${page}: ${attribute} ${link}`);
    else if (anchor && html.has(place) && !has(place, decodeURIComponent(anchor))) dead.push(`${page}: no heading for ${link}`);
  }
}
if (dead.length) {
  console.error(`${dead.length} links lead nowhere:\n${dead.join('\n')}`);
  process.exit(1);
}
if (pages.length < PAGES.size || links < 1000) throw new Error(`only ${pages.length} pages with ${links} links`);
console.log(`${pages.length} pages, ${links} links`);
