// @vitest-environment node
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

/** The README's "nothing younger than `??=`" (ECMAScript 2021), of the core as it is delivered. */
const CORE = readFileSync('target/classes/META-INF/resources/drawbridge/drawbridge.js', 'utf8');

/** What browsers have had since then and what a client would be tempted to use. */
const YOUNGER =
  /\.(at|findLast|findLastIndex|toSorted|toReversed|toSpliced|isWellFormed|toWellFormed|throwIfAborted)\(|\b(structuredClone|hasOwn|randomUUID|withResolvers|fromAsync|groupBy|canParse|scheduler|URLPattern|requestIdleCallback|AbortSignal)\b/g;

it('the bundler is told the year, and makes no syntax that is younger', () => {
  expect(readFileSync('esbuild.xml', 'utf8')).toContain('--target=es2021 ');
  expect(CORE).toContain('??=');
  expect(readFileSync('README.md', 'utf8')).toContain('nothing younger than `??=`');
});

it('no function of the platform is younger', () => {
  expect(CORE.match(YOUNGER) ?? []).toEqual([]);
  expect('x.at(1)'.match(YOUNGER)).toEqual(['.at(']);
});

/** Minified and gzipped, without the reference to the source map; `a+b` is what b adds to one bundle with a. */
function size(entry: string): number {
  const [base, more] = entry.split('+');
  const code = [base, more].map(
    (name) =>
      name &&
      readFileSync(`target/classes/META-INF/resources/drawbridge/${name}.js`, 'utf8').replace(/\/\/# sourceMappingURL=.*\s*$/, ''),
  );
  const gzipped = gzipSync(code.join(''), { level: 9 }).length / 1_000;
  return more ? gzipped - size(base as string) : gzipped;
}

it.each([
  ['README.md', 'drawbridge', /No dependencies; ([\d.]+) kB minified and gzipped/],
  ['../README.md', 'drawbridge', /the TypeScript client \(([\d.]+) kB, no dependencies\)/],
  ['README.md', 'react', /the React entry ([\d.]+) kB more/],
  ['README.md', 'drawbridge+channels', /does not pay for it \(([\d.]+) kB more than the core/],
  ['README.md', 'channels-react', /The hooks are ([\d.]+) kB/],
  ['README.md', 'session', /^A page that does not import the entry does not pay for it \(([\d.]+) kB\)/m],
  ['README.md', 'tabs', /`shareTabs`.*does not pay for it \(([\d.]+) kB\)/],
])('the size that %s tells of %s is that of the build', (page, entry, pattern) => {
  const told = Number(pattern.exec(readFileSync(page, 'utf8'))?.[1]);

  expect(size(entry)).toBeLessThanOrEqual(told);
  expect(size(entry)).toBeGreaterThan(told * 0.8);
});
