import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The words that the client uses are those of the documents, both ways, wherever in its sources they stand. */
const SOURCE = readdirSync('src')
  .map((file) => readFileSync(`src/${file}`, 'utf8'))
  .join('\n');
const README = readFileSync('README.md', 'utf8');
const GUIDE = readFileSync('../docs/debugging.md', 'utf8');
const PROTOCOL = readFileSync('../PROTOCOL.md', 'utf8');

const words = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].flatMap((match) => match.slice(1).filter(Boolean)))].sort();

/** The rows of the first table behind a text, without head and rule, as cells. */
function table(page: string, behind: string): string[][] {
  const at = page.indexOf(behind);
  expect(at, behind).toBeGreaterThan(0);
  const lines = page.slice(at + behind.length).split('\n');
  const from = lines.findIndex((line) => line.startsWith('|'));
  const to = lines.findIndex((line, index) => index > from && !line.startsWith('|'));
  return lines.slice(from + 2, to).map((line) => line.slice(2, -2).split(' | '));
}

const cell = (rows: string[][], column: number) =>
  words(rows.map((row) => row[column] ?? '').join('\n'), /`(\w+)`/g);

/** The members of a union of texts. */
const union = (name: string) =>
  words(new RegExp(`type ${name} =([^;]+(?:;(?= //)[^;]*)*)`).exec(SOURCE)?.[1] ?? '', /'(\w+)'/g);

const LOCAL = words(SOURCE.split('type LocalCode =')[1]?.split('\n\n')[0] ?? '', /^ {2}\| '(\w+)'/gm);
const OF_MESSAGES = words(SOURCE, /\b(?:messageError|local)\(\s*'(\w+)'|code = .*\? '(\w+)' : '(\w+)';/g);
const OF_REFUSALS = cell(
  [...table(PROTOCOL, '\n## 3. The handshake'), ...table(PROTOCOL, 'answer in the same form with these:')],
  0,
);

it('causes that only the client can see are those of the guide', () => {
  expect(LOCAL.length).toBeGreaterThan(15);
  expect(cell(table(GUIDE, '<!-- table: client -->'), 0)).toEqual(LOCAL);
});

it('causes of the README are those of the client and of the server', () => {
  const told = cell(table(README, '## When it fails'), 1);

  expect(told.filter((code) => !LOCAL.includes(code) && !OF_REFUSALS.includes(code))).toEqual([]);
  expect(LOCAL.filter((code) => !told.includes(code))).toEqual([]);
});

it.each(LOCAL)('%s has a place that causes it', (code) => {
  const used = new RegExp(`'${code}'|Cause\\.${code}\\b`);
  const places = SOURCE.split('\n').filter(
    (line) => used.test(line) && !line.startsWith(`  | '${code}'`) && !line.startsWith(`  ${code} = `),
  );

  expect(places.length).toBeGreaterThan(0);
});

it('codes of a message are those of the guide and of the README', () => {
  // What a server sends under these words stands in PROTOCOL.md.
  const local = OF_MESSAGES.filter((code) => !LOCAL.includes(code) || code === 'connection_lost');
  expect(local.length).toBeGreaterThan(6);
  expect(cell(table(GUIDE, 'A `MessageError` of the client itself'), 0)).toEqual(local);
  expect(local.filter((code) => !README.includes(`\`${code}\``))).toEqual([]);
});

it('states are those of the README', () => {
  const states = union('ConnectionStatus');

  expect(states.length).toBeGreaterThan(5);
  expect(cell(table(README, '## Connection'), 0)).toEqual(states);
});

it('actions are those of the page', () => {
  const page = words(PROTOCOL, /^\| `[^|]+\| \d{3} \| (\w+) \|/gm);

  expect(page.length).toBeGreaterThan(7);
  expect(page).toEqual(union('Action'));
});

it('close codes of its own are in the range that the page leaves to it', () => {
  const own = words(SOURCE, /\bleave\((\d+)\)/g).map(Number);

  expect(own.length).toBeGreaterThan(1);
  expect(own.filter((code) => code !== 1000 && !(code >= 4900 && code <= 4999))).toEqual([]);
  expect(PROTOCOL).toContain("4900-4999 are the client's own");
});
