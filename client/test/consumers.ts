import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Where the projects of users are made: below `target`, each beside one set of installed packages. */
export const CONSUMERS = resolve('target/consumers');

const LIMIT_MS = 180_000;
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** @returns everything it says; rejects with that when it fails */
export function run(command: string, args: readonly string[], cwd: string, env: object = {}): Promise<string> {
  return new Promise((done, reject) => {
    const options = {
      ...{ cwd, timeout: LIMIT_MS, maxBuffer: 1e8, shell: command.endsWith('.cmd') },
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: undefined, ...env },
    };
    execFile(command, args, options, (error, out, err) =>
      error ? reject(new Error(`${command} ${args.join(' ')}\n${out}${err}`)) : done(out + err),
    );
  });
}

/** A program of an installed package. */
export const bin = (file: string) => join(CONSUMERS, 'node_modules', file);

/** The packages of the committed lock file, and the client as `npm pack` has packed it. */
export async function install(): Promise<void> {
  const lock = readFileSync('consumers/package-lock.json', 'utf8');
  const stamp = join(CONSUMERS, 'installed.json');
  mkdirSync(CONSUMERS, { recursive: true });
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    for (const file of ['package.json', 'package-lock.json', '.npmrc'])
      cpSync(`consumers/${file}`, join(CONSUMERS, file));
    await run(npm, ['ci', '--no-fund', '--no-audit', '--prefer-offline'], CONSUMERS);
    writeFileSync(stamp, lock);
  }
  // What npm does with a package that depends on nothing; npm itself would look at all the others again.
  const scope = join(CONSUMERS, 'node_modules/@drawbridge');
  rmSync(scope, { recursive: true, force: true });
  mkdirSync(join(scope, 'client'), { recursive: true });
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const tarball = resolve(`target/drawbridge-client-${version}.tgz`);
  await run('tar', ['-xzf', tarball, '--strip-components=1'], join(scope, 'client'));
}

/** @returns the folder of a project made of what is committed for it and these files */
export function project(name: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(CONSUMERS, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (existsSync(`consumers/${name}`)) cpSync(`consumers/${name}`, folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

export interface Sample {
  readonly language: string;
  /** The path that it has in a project. */
  readonly title: string | undefined;
  readonly text: string;
}

/** The fenced samples of a document, by the second-level heading above them. */
export function samples(document: string): ReadonlyMap<string, readonly Sample[]> {
  const sections = new Map<string, Sample[]>();
  const parts = readFileSync(document, 'utf8').split(/^## (.*)$/m);
  for (let at = 0; at < parts.length; at += 2)
    sections.set(
      at ? String(parts[at - 1]) : '',
      [...String(parts[at]).matchAll(/^```(\w+)(?: title="([^"]+)")?\n([^]*?)^```$/gm)].map(
        ([, language = '', title, text = '']) => ({ language, title, text }),
      ),
    );
  return sections;
}

/** The titled samples of a section, as the files of a project. */
export function recipe(document: string, section: string): Record<string, string> {
  const found = samples(document).get(section);
  if (!found) throw new Error(`${document} has no section ${section}`);
  return Object.fromEntries(found.flatMap(({ title, text }) => (title ? [[title, text]] : [])));
}

export interface Server {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts a development server and waits for the address that it says. */
export function serve(file: string, args: readonly string[], cwd: string, env: object = {}): Promise<Server> {
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [bin(file), ...args], {
      cwd,
      detached: process.platform !== 'win32',
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: undefined, NO_COLOR: '1', ...env },
    });
    const ended = new Promise<void>((over) => child.once('exit', () => over()));
    // With its own children: Next works in one.
    const end = () => {
      try {
        if (process.platform === 'win32') child.kill();
        else process.kill(-Number(child.pid), 'SIGKILL');
      } catch {
        // It has ended already.
      }
      return ended;
    };
    const timer = setTimeout(() => (void end(), reject(new Error(`${file} has not started: ${said}`))), LIMIT_MS);
    let said = '';
    const listen = (part: Buffer) => {
      said += String(part).replace(/\u001b\[[\d;]*m/g, '');
      const url = /https?:\/\/(?:localhost|127\.0\.0\.1):\d+/.exec(said)?.[0];
      if (!url || !/ready/i.test(said)) return;
      clearTimeout(timer);
      done({ url, stop: end });
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}: ${said}`)));
  });
}
