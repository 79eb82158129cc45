// Copies the documents to target/pages as VitePress wants them: links lead from page to page, and what is no page but
// linked (a dashboard, a licence, a source file) lies beside as a file.
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { DIST, PAGES, ROOT, STAGE } from './pages.mjs';

const SHOWN_AS_TEXT = /\.(java|xml|html|properties|ts|tsx|sh|css|ini|options|service|ya?ml)$|(^|\/)(Dockerfile|manage|[A-Z]+)$/;
const files = new Map();

/** Where a link of a document leads on the site; null for a place that is neither page nor file. */
function target(document, link) {
  const [path, anchor] = link.split('#', 2);
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (path === '') return link;
  const place = posix.normalize(posix.join(posix.dirname(document), path)).replace(/\/$/, '');
  const from = posix.dirname(PAGES.get(document));
  const page = PAGES.get(place) ?? PAGES.get(`${place}/README.md`);
  if (page) return `${relative(from, page)}${hash}`;
  if (!existsSync(join(ROOT, place))) throw new Error(`${document}: ${link} leads nowhere`);
  if (statSync(join(ROOT, place)).isDirectory()) return null;
  const name = SHOWN_AS_TEXT.test(place) ? `${place}.txt` : place;
  files.set(place, name);
  return `/files/${name}`;
}

const relative = (from, to) => {
  const path = posix.relative(from, to);
  return path.startsWith('.') ? path : `./${path}`;
};

/** With each `<` as text that begins no tag which the documents use: Vue takes all others for components. */
const plain = (text) =>
  text.replace(
    /(`+)(?:(?!\1)[\s\S])+?\1(?!`)|<(?!\/?(?:img|picture|source|details|summary|br|kbd)\b|https?:)/g,
    (found) => (found === '<' ? '&lt;' : found),
  );

/** Without what only tests read, with links of the site. Code is left as it is. */
function staged(document) {
  const parts = readFileSync(join(ROOT, document), 'utf8').split(/(^ *```[\s\S]*?^ *```$)/m);
  return parts
    .map((part, at) => {
      if (at % 2) return part;
      return plain(part.replace(/<!--[\s\S]*?-->/g, ''))
        .replace(/(<(?:img|source) [^>]*?src(?:set)?=")([^":]+)"/g, (_, before, src) => `${before}/${image(document, src)}"`)
        .replace(/(!?)\[((?:\\.|`[^`]*`|[^\]`])*)\]\(([^)\s]+)\)/g, (all, bang, text, link) => {
          if (/^[a-z]+:/.test(link)) return all;
          if (bang) return `![${text}](/${image(document, link)})`;
          const to = target(document, link);
          return to === null ? text : `[${text}](${to})`;
        });
    })
    .join('');
}

function image(document, src) {
  const place = posix.normalize(posix.join(posix.dirname(document), src));
  files.set(place, place);
  return `files/${place}`;
}

/** Found by nobody who searches for help. */
const UNSEARCHED = new Set(['promises.md', 'changelog.md', 'modules/bench-results.md']);

rmSync(STAGE, { recursive: true, force: true });
rmSync(DIST, { recursive: true, force: true });
for (const [document, page] of PAGES) {
  // Nothing in it is a template: two braces are two braces.
  const text = staged(document);
  const outline = page === 'index.md' ? 'outline: 2\n' : '';
  const search = UNSEARCHED.has(page) ? 'search: false\n' : '';
  const file = join(STAGE, page);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `---\n${outline}${search}---\n\n:::: v-pre\n\n${text}\n\n::::\n`);
}
for (const [place, name] of files) {
  const file = join(STAGE, 'public', 'files', name);
  mkdirSync(dirname(file), { recursive: true });
  cpSync(join(ROOT, place), file);
}
