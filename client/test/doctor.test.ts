// @vitest-environment node
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discovery, TestServer } from './server.js';

/**
 * The command as the npm package has it. What it says of servers of all kinds is compared with the Java
 * program by the tests of the module `doctor`.
 */
const manifest = JSON.parse(readFileSync('target/npm/package.json', 'utf8')) as {
  version: string;
  bin: Record<string, string>;
};
const program = `target/npm/${manifest.bin['drawbridge-doctor']}`;

const run = (...line: string[]) =>
  new Promise<{ status: number; out: string }>((done) => {
    const child = execFile(process.execPath, [program, ...line], (error, out, more) =>
      done({ status: error ? Number(error.code) : 0, out: out + more }),
    );
    child.stdin?.end('aaa.bbb.ccc');
  });

describe('the doctor', () => {
  let server: TestServer;

  beforeEach(async () => {
    server = await new TestServer().start();
    server.config = discovery(server);
  });

  afterEach(() => server.stop());

  it('is a file of the package, and starts as a command', () => {
    expect(existsSync(program)).toBe(true);
    expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('needs nothing but Node', () => {
    const imports = [...readFileSync(program, 'utf8').matchAll(/from"([^"]+)"/g)].map(([, name]) => name as string);

    expect(imports.length).toBeGreaterThan(5);
    expect(imports.filter((name) => !name.startsWith('node:'))).toEqual([]);
  });

  it('says the version of the package', async () => {
    expect(await run('--version')).toEqual({ status: 0, out: `drawbridge-doctor ${manifest.version}\n` });
  });

  it('is well with a good server', async () => {
    const { status, out } = await run('--token-file', '-', '--origin', 'http://localhost', server.url);

    expect(out).toContain('All is well');
    expect(status).toBe(0);
    expect(out).not.toContain('aaa');
  });

  it('finds the code of a refusal', async () => {
    server.refuse = () => ({ status: 401, code: 'token_revoked' });

    const { status, out } = await run('--json', '--token-file', '-', server.url);

    expect(JSON.parse(out)).toMatchObject({ server: 'drawbridge', ok: false, kind: 'token', code: 'token_revoked' });
    expect(status).toBe(16);
  });
});
