// @vitest-environment node
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

/** The Maven build puts the bundle and the npm package there before it runs these tests. */
const BUNDLE = 'target/classes/META-INF/resources/drawbridge';

const ENTRIES = ['drawbridge', 'channels', 'channels-react', 'react', 'session', 'tabs', 'testing'];

const code = (file: string) =>
  readFileSync(`${BUNDLE}/${file}`, 'utf8').replace(/\/\/# sourceMappingURL=.*\s*$/, '');

/** As the peers were measured: minified, without the reference to the source map, gzip -9. */
const size = (file: string): number => together(file);

/** In one bundle, as a page has them that imports both. */
const together = (...files: string[]): number => gzipSync(files.map(code).join(''), { level: 9 }).length;

describe('the bundle', () => {
  it('has a core of at most 6.0 kB', () => {
    expect(size('drawbridge.js')).toBeLessThanOrEqual(6_000);
  });

  it('has a React entry of at most 1.5 kB more, with nothing of the core in it', () => {
    expect(size('react.js')).toBeLessThanOrEqual(1_500);
    const code = readFileSync(`${BUNDLE}/react.js`, 'utf8');
    expect(code).toMatch(/from"\.\/drawbridge\.js"/);
    expect(code).not.toContain('drawbridge.v1');
  });

  it('has channels of at most 2 kB more, and their hooks of 0.9 kB, with nothing of the core in them', () => {
    expect(together('drawbridge.js', 'channels.js') - size('drawbridge.js')).toBeLessThanOrEqual(2_000);
    expect(size('channels-react.js')).toBeLessThanOrEqual(900);
    const code = readFileSync(`${BUNDLE}/channels.js`, 'utf8');
    expect(code).toMatch(/from"\.\/drawbridge\.js"/);
    expect(code).not.toContain('drawbridge.v1');
    expect(readFileSync(`${BUNDLE}/channels-react.js`, 'utf8')).not.toMatch(/createContext|channels_unsupported/);
  });

  it('has an entry for tabs of at most 3 kB, one for sessions of 1 kB and one for tests, with nothing of the core in them', () => {
    expect(size('tabs.js')).toBeLessThanOrEqual(3_000);
    expect(size('session.js')).toBeLessThanOrEqual(1_000);
    for (const file of [`${BUNDLE}/tabs.js`, `${BUNDLE}/session.js`, 'target/npm/dist/testing.js'])
      expect(readFileSync(file, 'utf8')).not.toContain('sessionStorage');
  });

  it('says to the servers of React that its entry is for the client', () => {
    for (const file of ['react.js', 'channels-react.js']) {
      expect(readFileSync(`${BUNDLE}/${file}`, 'utf8')).toMatch(/^"use client";/);
      expect(readFileSync(`target/npm/dist/cjs/${file}`, 'utf8')).toMatch(/^("use strict";)?"use client";/);
    }
  });

  it('imports nothing at run time but React', () => {
    const imports = ENTRIES.map((name) => `${name}.js`).flatMap((file) =>
      [...readFileSync(`target/npm/dist/${file}`, 'utf8').matchAll(/from"([^"]+)"/g)].map(([, name]) => name),
    );

    expect([...new Set(imports)].sort()).toEqual(['./channels.js', './drawbridge.js', './react.js', 'react', 'react/jsx-runtime']);
  });

  it('does no work at import', async () => {
    const timers = setTimeout;
    const before = new Set(Object.keys(globalThis));
    await import(`${process.cwd()}/${BUNDLE}/drawbridge.js`);

    expect(Object.keys(globalThis).filter((key) => !before.has(key))).toEqual([]);
    expect(setTimeout).toBe(timers);
  });
});

describe('the names that the bundler shortens', () => {
  const types = (file: string) =>
    readFileSync(`target/npm/dist/${file}.d.ts`, 'utf8').replaceAll(/\/\*[^]*?\*\//g, '');
  const [names, ofChannels] = [...readFileSync('bundle.xml', 'utf8').matchAll(/--mangle-props=\^\(([\w|]+)\)\$/g)].map(
    ([, list]) => list?.split('|') ?? [],
  ) as [string[], string[]];

  it('are in no type that a caller sees', () => {
    const seen = ['api', 'connection', 'errors', 'messages', 'protocol', 'token', 'react'].map(types);
    // The token's call is its own.
    const visible = seen.join('').replaceAll(/interface Life {[^}]*}/g, '');

    expect(names.length).toBeGreaterThan(5);
    const more = visible + ['channel-types', 'channels', 'channels-react'].map(types).join('');
    expect(ofChannels.filter((name) => new RegExp(`\\b${name}\\??:`).test(more))).toEqual([]);
    expect(names.filter((name) => new RegExp(`\\b${name}\\??:`).test(visible))).toEqual([]);
  });

  it('are no words that the code looks up by, such as a status', () => {
    const shortened = readdirSync('src').filter((file) => !/^(channel|session|tabs|testing|mock)/.test(file));
    const source = shortened.map((file) => readFileSync(`src/${file}`, 'utf8')).join('');

    expect(names.filter((name) => source.includes(`'${name}'`))).toEqual([]);
    const channels = readFileSync('src/channels.ts', 'utf8');
    expect(ofChannels.filter((name) => channels.includes(`'${name}'`))).toEqual([]);
  });

  it('are none of the platform, whose own would be gone', () => {
    const { prototype: response } = Response;
    const platform = [response, Promise, Function, '', [], new AbortController(), new Headers(), new URL('x:')];

    expect([...names, ...ofChannels].filter((name) => platform.some((one) => name in Object(one)))).toEqual([]);
  });
});

describe('the npm package', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;

  it('holds the bundles, their maps and types, the README and the licence, and nothing else', () => {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const options = { cwd: 'target/npm', encoding: 'utf8', stdio: 'pipe' } as const;
    const [pack] = JSON.parse(
      execFileSync(npm, ['pack', '--dry-run', '--json'], options),
    ) as [{ files: { path: string }[] }];
    const files = pack.files.map(({ path }) => path).sort();

    expect(files.filter((path) => !path.endsWith('.d.ts'))).toEqual([
      'LICENSE',
      'README.md',
      ...ENTRIES.flatMap((name) => [`dist/cjs/${name}.js`, `dist/cjs/${name}.js.map`]).sort(),
      'dist/cjs/package.json',
      ...[...ENTRIES, 'doctor'].flatMap((name) => [`dist/${name}.js`, `dist/${name}.js.map`]).sort(),
      'package.json',
      'channels-react/package.json',
      'channels/package.json',
      'react/package.json',
      'session/package.json',
      'tabs/package.json',
      'testing/package.json',
    ].sort());
    for (const name of ENTRIES)
      for (const folder of ['dist', 'dist/cjs']) expect(files).toContain(`${folder}/${name}.d.ts`);
  });

  it('is the very build of the jar', () => {
    for (const file of ENTRIES.filter((name) => name !== 'testing').map((name) => `${name}.js`))
      expect(readFileSync(`target/npm/dist/${file}`)).toEqual(readFileSync(`${BUNDLE}/${file}`));
  });

  it('needs nothing at run time, and React only as an option', () => {
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).toMatchObject({
      sideEffects: false,
      type: 'module',
      peerDependencies: { react: '>=18' },
      peerDependenciesMeta: { react: { optional: true } },
    });
  });

  it('names no registry in its lock file', () => {
    expect(readFileSync('package-lock.json', 'utf8')).not.toContain('"resolved"');
  });
});
