// @vitest-environment node
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { publicTypes } from './public-types.js';

const RECORDED = '../compatibility/recorded/client.txt';

interface Manifest {
  bin: Record<string, string>;
  exports: Record<string, string | { types: string }>;
}

const present = (): string[] => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const entries = Object.entries(manifest.exports).flatMap(([name, entry]) =>
    typeof entry === 'string' ? [] : [[name, entry.types.replace(/^.*\/|\.d\.ts$/g, '')] as const],
  );
  const names = [...Object.keys(manifest.exports).map((name) => `entry ${name}`)];
  return [...Object.keys(manifest.bin).map((name) => `command ${name}`), ...names, ...publicTypes(new Map(entries))];
};

describe('what a page may rely on', () => {
  it('is what was recorded', () => {
    const now = present();
    if (process.env.API_WRITE === 'true') writeFileSync(RECORDED, `${now.join('\n')}\n`);
    const recorded = readFileSync(RECORDED, 'utf8').trimEnd().split('\n');

    const advice =
      'What pages may rely on has changed. What is gone or another breaks them: keep the old beside the new, with ' +
      '@deprecated and what to use instead, until the next major version. When it is meant: compatibility/record.sh ' +
      'records it, and CHANGELOG.md says it; docs/upgrading.md has the rules.';
    expect(
      { gone: recorded.filter((line) => !now.includes(line)), new: now.filter((line) => !recorded.includes(line)) },
      advice,
    ).toEqual({ gone: [], new: [] });
  });

  const before = {
    entry: "export type { Options } from './options.js';\nexport { go } from './go.js';\n",
    options: 'export interface Options {\n    /** Where. */\n    url: string;\n    retry?: Retry;\n}\ntype Retry = "a" | "b";\n',
    go: "import type { Options } from './options.js';\nexport declare function go(options: Options): void;\nexport declare const hidden: 1;\n",
  };
  const lines = (files: Record<string, string>): string[] =>
    publicTypes(new Map([['.', 'entry']]), (file) => files[file] ?? '');

  it('is read from what the entries export and lead to, and from nothing else', () => {
    expect(lines(before)).toEqual([
      '. exports Options',
      '. exports go',
      'Options { retry?: Retry; }',
      'Options { url: string; }',
      'function go(options: Options): void;',
      'interface Options',
      'type Retry = "a" | "b";',
    ]);
  });

  it.each([
    ['an export goes', { entry: before.entry.replace("export { go } from './go.js';\n", '') }],
    ['an export has another name', { entry: before.entry.replace('{ go }', '{ go as run }') }],
    ['a member goes', { options: before.options.replace('    url: string;\n', '') }],
    ['a member must be there', { options: before.options.replace('retry?', 'retry') }],
    ['a type behind it is another', { options: before.options.replace('| "b"', '') }],
    ['an argument comes', { go: before.go.replace('options: Options', 'options: Options, more: 1') }],
  ])('loses a line when %s', (_, change) => {
    const after = lines({ ...before, ...change });

    expect(lines(before).filter((line) => !after.includes(line))).not.toEqual([]);
  });

  it.each([
    ['a comment changes', { options: before.options.replace('Where', 'Where to') }],
    ['an optional member comes', { options: before.options.replace('retry?', 'more?: 1;\n    retry?') }],
    ['an export comes', { entry: `${before.entry}export { hidden } from './go.js';\n` }],
    ['something moves to another file', { entry: before.entry.replace('./go', './gone'), gone: before.go }],
  ])('loses none when %s', (_, change) => {
    const after = lines({ ...before, ...change });

    expect(lines(before).filter((line) => !after.includes(line))).toEqual([]);
  });
});
