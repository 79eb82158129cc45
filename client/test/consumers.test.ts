// @vitest-environment node
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Chromium, chromium, type Tab } from './chromium.js';
import { bin, CONSUMERS, install, project, recipe, run, samples, serve, type Server } from './consumers.js';
import { TestServer } from './server.js';

const node = process.execPath;
const RECIPES = 'RECIPES.md';
const README = 'README.md';
const shared = recipe(RECIPES, 'Shared');
const tsc = (version: '5' | '7') =>
  version === '5' ? bin('typescript/bin/tsc') : resolve('node_modules/typescript/bin/tsc');

// Only to end what would wait for ever: Next takes a minute to build on a busy machine.
vi.setConfig({ testTimeout: 240_000 });
beforeAll(install, 300_000);

/** Without libraries' checks turned off: the types of the package are checked, too. */
function config(change: object): string {
  return JSON.stringify({
    compilerOptions: {
      ...{ target: 'es2022', lib: ['es2022', 'dom', 'dom.iterable'], jsx: 'react-jsx', strict: true },
      ...{ noEmit: true, types: [], noUncheckedIndexedAccess: true, ...change },
    },
    include: ['*.ts', '*.tsx', '*.js', 'src', 'app'],
  });
}

describe('the types', () => {
  const consumer = readFileSync('consumers/types/consumer.tsx', 'utf8');
  // TypeScript 7 has no `node` any more.
  const KINDS = [
    ['node, from CommonJS', '5', 'commonjs', { module: 'commonjs', moduleResolution: 'node' }],
    ['node16, from CommonJS', '7', 'commonjs', { module: 'node16', moduleResolution: 'node16' }],
    ['node16, from a module', '7', 'module', { module: 'node16', moduleResolution: 'node16' }],
    ['bundler', '7', 'module', { module: 'esnext', moduleResolution: 'bundler' }],
  ] as const;

  it.each(KINDS.flatMap((kind) => [true, false].map((exact) => [...kind, exact] as const)))(
    'fit %s, with TypeScript %s, in a %s (%o), exactOptionalPropertyTypes %s',
    async (_, version, type, options, exactOptionalPropertyTypes) => {
      const folder = project('types', {
        'package.json': JSON.stringify({ private: true, type }),
        'tsconfig.json': config({ ...options, exactOptionalPropertyTypes }),
      });

      await run(node, [tsc(version), '-p', '.'], folder);
    },
  );

  it('refuse in each format what does not fit the map', async () => {
    const folder = project('types', {
      'package.json': '{ "private": true }',
      'tsconfig.json': config({ module: 'node16', moduleResolution: 'node16' }),
      'consumer.tsx': consumer.replace('text: string } };', 'line: string } };'),
    });

    await expect(run(node, [tsc('7'), '-p', '.'], folder)).rejects.toThrow(/consumer\.tsx\(\d+,\d+\): error TS/);
  });
});

describe('Node', () => {
  it('takes every entry by import and by require, with the same names', async () => {
    const entries = ['', '/channels', '/channels-react', '/react', '/session', '/tabs', '/testing'].map((name) => `@drawbridge/client${name}`);
    const folder = project('node', {
      'imports.mjs': `for (const name of ${JSON.stringify(entries)}) console.log(name, Object.keys(await import(name)).sort().join());`,
      'requires.cjs': `for (const name of ${JSON.stringify(entries)}) console.log(name, Object.keys(require(name)).filter((key) => key !== '__esModule').sort().join());`,
    });

    const imported = await run(node, ['imports.mjs'], folder);

    expect(imported).toContain('createClient');
    expect(await run(node, ['requires.cjs'], folder)).toBe(imported);
  });
});

describe('an entry that is not used costs nothing', () => {
  const OTHERS = /drawbridge\.tabs|channels_unsupported|SessionTokenServlet|The test handles no|useSyncExternalStore|needs a <Drawbridge/;
  const bundle: Record<string, (folder: string, file: string) => Promise<string>> = {
    esbuild: async (folder, file) => {
      await run(node, ['esbuild.cjs', file], folder);
      return 'out/esbuild.js';
    },
    rollup: async (folder, file) => {
      await run(node, [bin('rollup/dist/bin/rollup'), '-c', 'rollup.config.mjs', '-i', file, '-o', 'out/rollup.js'], folder);
      return 'out/rollup.js';
    },
    webpack: async (folder, file) => {
      await run(node, ['webpack.cjs', `./${file}`], folder);
      return 'out/webpack.js';
    },
  };
  // Rollup has no resolver of its own; this one goes by the package's `exports`.
  const files = {
    'esbuild.cjs': `require('esbuild').buildSync({ entryPoints: [process.argv[2]], outfile: 'out/esbuild.js', bundle: true, minify: true, format: 'esm', target: 'es2020' });`,
    'rollup.config.mjs': `import { fileURLToPath } from 'node:url';
      export default { plugins: [{ resolveId: (id) => id.startsWith('@drawbridge') ? fileURLToPath(import.meta.resolve(id)) : null }], external: ['react', 'react/jsx-runtime'] };`,
    'webpack.cjs': `require('webpack')({ mode: 'production', entry: process.argv[2], output: { path: __dirname + '/out', filename: 'webpack.js' } },
      (error, stats) => { if (error || stats.hasErrors()) { console.error(error ?? stats.toString()); process.exit(1); } });`,
  };

  it.each(Object.keys(bundle))('with %s', async (bundler) => {
    const folder = project('bundlers', files);
    const text = async (file: string) =>
      readFileSync(join(folder, (await bundle[bundler]?.(folder, file)) ?? ''), 'utf8');

    const core = await text('core.js');
    const unused = await text('unused.js');

    expect(core).toContain('drawbridge.v1');
    expect(core).not.toMatch(OTHERS);
    expect(unused).not.toMatch(OTHERS);
    expect(Math.abs(unused.length - core.length)).toBeLessThan(100);
    if (bundler === 'esbuild') expect(gzipSync(core, { level: 9 }).length).toBeLessThanOrEqual(6_000);
  });
});

describe('the samples', () => {
  const documents = ['README.md', 'RECIPES.md', '../README.md', '../PROTOCOL.md'].concat(
    ...['../docs', '../examples'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.md') && !/node_modules|target/.test(file))
        .map((file) => join(folder, file)),
    ),
  );
  const sections = documents.flatMap((document) =>
    [...samples(document)].flatMap(([section, all]) => {
      const code = all.filter(({ language }) => /^(ts|tsx|js|jsx|javascript|typescript)$/.test(language));
      return code.length ? [[relative('..', document), section, code] as const] : [];
    }),
  );

  it('are found', () => {
    expect(sections.map(([document]) => document)).toEqual(
      expect.arrayContaining(['client/README.md', 'client/RECIPES.md', 'docs/debugging.md']),
    );
  });

  it.each(sections)('of %s, %s, compile in strict mode', async (document, section, code) => {
    const files = code.map(({ language, title, text }, at) => [
      title ?? `sample${at}.${language.slice(0, 3).replace(/[a-z]+$/, (all) => (/x$/.test(language) ? all : all.slice(0, 2)))}`,
      // A sample without imports is a script, whose names are everybody's.
      /^(import|export|module\.)/m.test(text) ? text : `${text}\nexport {};\n`,
    ]);
    const folder = project('samples', {
      ...(document.endsWith('RECIPES.md') && section !== 'Shared' ? shared : {}),
      ...(Object.fromEntries(files) as Record<string, string>),
      'modules.d.ts': `declare module '*.vue' { import type { Component } from 'vue'; const component: Component; export default component; }`,
      'tsconfig.json': config({
        ...{ module: 'esnext', moduleResolution: 'bundler', allowJs: true, checkJs: true },
        ...{ exactOptionalPropertyTypes: true, skipLibCheck: true, types: ['node', ...(section === 'Jest' ? ['jest'] : [])] },
      }),
    });

    await run(node, [tsc('7'), '-p', '.'], folder);
  });
});

describe('a test of a page', () => {
  const files = recipe(RECIPES, 'Jest');

  it('runs in Jest 29 with jsdom', async () => {
    const folder = project('jest', files);

    expect(await run(node, [bin('jest/bin/jest.js'), '--ci', '--no-watchman'], folder)).toMatch(/Tests: +3 passed, 3 total/);
  });

  it('runs in vitest', async () => {
    const folder = project('vitest', files);
    const test = join(folder, 'echo.test.tsx');
    writeFileSync(test, `import { expect, test } from 'vitest';\n${readFileSync(test, 'utf8')}`);

    expect(await run(node, [bin('vitest/vitest.mjs'), 'run'], folder, { NO_COLOR: '1' })).toMatch(/Tests +3 passed/);
  });
});

describe.skipIf(!chromium)('a page in a real Chromium', () => {
  let browser: Chromium;
  let server: TestServer;
  let tab: Tab | undefined;
  let started: Server | undefined;

  beforeAll(async () => {
    browser = await Chromium.start();
  });

  afterAll(() => browser.stop());

  beforeEach(async () => {
    server = await new TestServer().start();
    server.config = { configVersion: 1, path: '/ws', protocols: ['drawbridge.v1'], reconnect: server.reconnect };
    server.pages.set('/ws/dev-token', ['application/json', '{"token":"a.b.c"}']);
  });

  afterEach(async () => {
    await tab?.close();
    await started?.stop();
    await server.stop();
    started = tab = undefined;
  });

  const origin = () => new URL(server.configUrl).origin;
  const eventually = (expression: string, wanted: string | RegExp) =>
    vi.waitFor(
      async () => expect(await tab?.evaluate(`document.querySelector(${JSON.stringify(expression)})?.textContent`)).toMatch(wanted),
      { timeout: 30_000, interval: 100 },
    );
  /** The first message there and back, and a push. */
  const works = async (url: string, push = true) => {
    tab = await browser.open(url);
    await eventually('[role=status]', /^(open|Connected)$/);
    await tab.evaluate(`document.querySelector('button').click()`);
    await eventually('output', /^hello$/);
    expect(server.upgrades.map(({ token }) => token)).toEqual(['a.b.c']);
    if (!push) return;
    server.broadcast({ type: 'news', data: 'pushed' });
    await eventually('p', /^pushed$/);
  };
  const deliver = (folder: string) => {
    const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      if (statSync(join(folder, file)).isFile()) {
        const type = types[file.replace(/.*\./, '')] ?? 'application/octet-stream';
        server.pages.set(`/${file.replaceAll('\\', '/').replace(/^index\.html$/, '')}`, [type, readFileSync(join(folder, file))]);
      }
  };

  it.each([
    // Their components need checkers of their own; the others are checked with the samples.
    ['Vue', 'vue', ['vue-tsc/bin/vue-tsc.js', '--noEmit']],
    ['Svelte', 'svelte', ['svelte-check/bin/svelte-check', '--fail-on-warnings']],
    ['TanStack Query', 'query', []],
  ])('of %s, built with Vite, exchanges messages', async (section, name, [checker, ...more]) => {
    const folder = project(name, { ...shared, ...recipe(RECIPES, section) });
    if (checker) await run(node, [bin(checker), ...more], folder);
    await run(node, [bin('vite/bin/vite.js'), 'build'], folder);
    deliver(join(folder, 'dist'));

    await works(`${origin()}/`);
  });

  it('of plain HTML, with the files of the jar, exchanges messages', async () => {
    deliver(project('html', recipe(RECIPES, 'Plain HTML')));
    const jar = 'target/classes/META-INF/resources/drawbridge/drawbridge.js';
    server.pages.set('/drawbridge/drawbridge.js', ['text/javascript', readFileSync(jar)]);

    await works(`${origin()}/`);
  });

  it('of a login with a session connects for who is logged in, and sends others to the login', async () => {
    const files = recipe(RECIPES, 'A login of your own');
    const build = `require('esbuild').buildSync({ entryPoints: ['connection.ts'], outfile: 'page.js', bundle: true });`;
    const folder = project('session', { ...files, 'build.cjs': build });
    await run(node, ['build.cjs'], folder);
    server.pages.set('/page.js', ['text/javascript', readFileSync(join(folder, 'page.js'))]);
    const page = `<!doctype html><script src="/page.js"></script>`;
    for (const path of ['/', '/login']) server.pages.set(path, ['text/html', path === '/' ? page : '<p>Log in</p>']);
    server.pages.set('/ws/token', ['application/json', '{"token":"a.b.c"}']);
    tab = await browser.open(`${origin()}/`);
    await vi.waitFor(() => expect(server.upgrades.map(({ token }) => token)).toEqual(['a.b.c']), 30_000);

    // The session is over.
    server.pages.set('/ws/token', ['application/problem+json', '{"type":"urn:drawbridge:problem:login_required","code":"login_required","title":"Log in","action":"login"}']);
    server.closeAll(4401, 'token_revoked');

    await eventually('p', /^Log in$/);
  });

  it('of the start in the README, with Vite before a server, sends its first message', async () => {
    const files = recipe(README, 'Use it');
    const config = String(files['vite.config.ts']).replace('http://localhost:8080', origin());
    const folder = project('vite', { ...files, 'vite.config.ts': config });
    server.onMessage = ({ id, data }, peer) => {
      server.send(peer, { type: 'ack', id, data: { sentAt: 0, connections: 1 } });
      server.send(peer, { type: 'chat.message', data: { from: 'alice', ...(data as object) } });
    };
    // As its template does before it builds.
    await run(node, [tsc('5'), '-p', '.'], folder);
    started = await serve('vite/bin/vite.js', ['--port', '0', '--host', '127.0.0.1'], folder);

    tab = await browser.open(started.url);
    await eventually('[role=status]', /^Connected$/);
    await tab.evaluate(`document.querySelector('button').click()`);

    await eventually('li', /^alice: hello$/);
  });

  describe('of Next', () => {
    /** Its types are checked with the samples; and a folder above has packages of its own. */
    const make = () => {
      const files = recipe(RECIPES, 'Next');
      const more = `{ typescript: { ignoreBuildErrors: true }, turbopack: { root: ${JSON.stringify(CONSUMERS)} },`;
      const config = String(files['next.config.ts']).replace('NextConfig = {', `NextConfig = ${more}`);
      return project('next', { ...shared, ...files, 'next.config.ts': config });
    };
    const next = (folder: string, command: 'start' | 'dev') =>
      serve('next/dist/bin/next', [command, '-p', '0', '-H', '127.0.0.1'], folder, { SERVER: origin() });

    it('is rendered on the server without a connection, built, and exchanges messages', async () => {
      const folder = make();
      await run(node, [bin('next/dist/bin/next'), 'build'], folder, { SERVER: origin() });
      const page = readFileSync(join(folder, '.next/server/app/index.html'), 'utf8');
      expect(page).toContain('data-status="idle">Not connected</span>');
      expect(server.upgrades).toEqual([]);

      started = await next(folder, 'start');

      await works(started.url, false);
    });

    it('exchanges messages while it is developed', async () => {
      started = await next(make(), 'dev');

      await works(started.url, false);
    });
  });
});

it('names no registry in the lock file of the consumers', () => {
  expect(existsSync(CONSUMERS)).toBe(true);
  expect(readFileSync('consumers/package-lock.json', 'utf8')).not.toContain('"resolved"');
});
