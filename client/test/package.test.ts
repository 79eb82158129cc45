// @vitest-environment node
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

/** The Maven build puts the bundle and the npm package there before it runs these tests. */
const BUNDLE = 'target/classes/META-INF/resources/drawbridge';

const ENTRIES = ['drawbridge', 'react', 'tabs', 'testing'];

/** As the peers were measured: minified, without the reference to the source map, gzip -9. */
function size(file: string): number {
  const code = readFileSync(`${BUNDLE}/${file}`, 'utf8').replace(/\/\/# sourceMappingURL=.*\s*$/, '');
  return gzipSync(code, { level: 9 }).length;
}

describe('the bundle', () => {
  it('has a core of at most 6 kB', () => {
    expect(size('drawbridge.js')).toBeLessThanOrEqual(6_000);
  });

  it('has a React entry of at most 1.5 kB more, with nothing of the core in it', () => {
    expect(size('react.js')).toBeLessThanOrEqual(1_500);
    const code = readFileSync(`${BUNDLE}/react.js`, 'utf8');
    expect(code).toMatch(/from"\.\/drawbridge\.js"/);
    expect(code).not.toContain('drawbridge.v1');
  });

  it('has an entry for tabs of at most 3 kB and one for tests, with nothing of the core in them', () => {
    expect(size('tabs.js')).toBeLessThanOrEqual(3_000);
    for (const file of [`${BUNDLE}/tabs.js`, 'target/npm/dist/testing.js'])
      expect(readFileSync(file, 'utf8')).not.toContain('sessionStorage');
  });

  it('says to the servers of React that its entry is for the client', () => {
    expect(readFileSync(`${BUNDLE}/react.js`, 'utf8')).toMatch(/^"use client";/);
    expect(readFileSync('target/npm/dist/cjs/react.js', 'utf8')).toMatch(/^("use strict";)?"use client";/);
  });

  it('imports nothing at run time but React', () => {
    const imports = ['drawbridge.js', 'react.js', 'tabs.js', 'testing.js'].flatMap((file) =>
      [...readFileSync(`target/npm/dist/${file}`, 'utf8').matchAll(/from"([^"]+)"/g)].map(([, name]) => name),
    );

    expect([...new Set(imports)].sort()).toEqual(['./drawbridge.js', 'react', 'react/jsx-runtime']);
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
  const names = /--mangle-props=\^\(([\w|]+)\)\$/.exec(readFileSync('bundle.xml', 'utf8'))?.[1]?.split('|') ?? [];

  it('are in no type that a caller sees', () => {
    const seen = ['api', 'connection', 'errors', 'messages', 'protocol', 'token', 'react'].map((file) =>
      readFileSync(`target/npm/dist/${file}.d.ts`, 'utf8').replaceAll(/\/\*[^]*?\*\//g, ''),
    );
    // The state machine's events are its own; callers see its snapshot.
    const visible = seen.join('').replace(/interface Loss {[^}]*}/, '');

    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => new RegExp(`\\b${name}\\??:`).test(visible))).toEqual([]);
  });
});

/** What an application writes: a map of messages, calls that fit it, and calls that do not. */
const CONSUMER = `
import { createClient, type ConnectionError } from '@drawbridge/client';
import { DrawbridgeProvider, useMessage, useRequest } from '@drawbridge/client/react';

declare module '@drawbridge/client' {
  interface DrawbridgeMessages {
    'chat.send': { send: { to: string; text: string }; ack: { sentAt: number } };
    'chat.message': { receive: { from: string; text: string } };
  }
}

const client = createClient({ getToken: ({ reason }) => (reason === 'rejected' ? null : 'a.b.c') });
const sent: Promise<{ sentAt: number }> = client.request('chat.send', { to: 'bob', text: 'hello' });
// @ts-expect-error not a type of the map
client.send('chat.sent', {});
// @ts-expect-error not received
client.on('chat.send', () => {});
sent.catch((error: ConnectionError) => error.action);

function Chat() {
  const [send, { pending }] = useRequest('chat.send');
  useMessage('chat.message', ({ text }) => void send({ to: 'bob', text: text.trim() }));
  return pending;
}
export const page = <DrawbridgeProvider client={client}><Chat /></DrawbridgeProvider>;
`;

/** @returns what the compiler says, empty when all is well */
function compile(folder: string): string {
  const tsc = `${process.cwd()}/node_modules/typescript/bin/tsc`;
  try {
    return execFileSync(process.execPath, [tsc, '-p', '.'], { cwd: folder, encoding: 'utf8' });
  } catch (failure) {
    return String((failure as { stdout: string }).stdout);
  }
}

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
      ...ENTRIES.flatMap((name) => [`dist/${name}.js`, `dist/${name}.js.map`]).sort(),
      'package.json',
      'react/package.json',
      'tabs/package.json',
      'testing/package.json',
    ].sort());
    for (const name of ENTRIES)
      for (const folder of ['dist', 'dist/cjs']) expect(files).toContain(`${folder}/${name}.d.ts`);
  });

  it('is the very build of the jar', () => {
    for (const file of ['drawbridge.js', 'react.js', 'tabs.js'])
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

  it.each([
    ['node16', 'node16'],
    ['esnext', 'bundler'],
  ])('types a project with module %s and resolution %s', (module, moduleResolution) => {
    const folder = mkdtempSync('target/consumer-');
    try {
      mkdirSync(`${folder}/node_modules/@drawbridge`, { recursive: true });
      symlinkSync(`${process.cwd()}/target/npm`, `${folder}/node_modules/@drawbridge/client`, 'junction');
      const compilerOptions = {
        ...{ module, moduleResolution, target: 'es2022', lib: ['es2022', 'dom'], strict: true },
        ...{ noEmit: true, jsx: 'react-jsx', types: [], exactOptionalPropertyTypes: true },
      };
      writeFileSync(`${folder}/package.json`, '{"type":"module"}');
      writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions }));
      writeFileSync(`${folder}/page.tsx`, CONSUMER);

      expect(compile(folder)).toBe('');
      writeFileSync(`${folder}/page.tsx`, CONSUMER.replace('text: string', 'line: string'));
      expect(compile(folder)).toMatch(/page\.tsx\(\d+,\d+\): error TS/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('names no registry in its lock file', () => {
    expect(readFileSync('package-lock.json', 'utf8')).not.toContain('"resolved"');
  });
});
