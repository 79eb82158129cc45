// @vitest-environment node
import { readFileSync } from 'node:fs';
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
