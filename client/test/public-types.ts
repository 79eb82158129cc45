import { readFileSync } from 'node:fs';

/** Where a name of a file comes from: a declaration of its own, or another file's. */
interface Module {
  declarations: Map<string, string[]>;
  imports: Map<string, { file: string; name: string }>;
  exports: Map<string, { file: string; name: string }>;
}

const listed = (names: string): [string, string][] =>
  names
    .split(',')
    .map((each) => each.trim().replace(/^type /, ''))
    .filter((each) => each !== '')
    .map((each) => each.split(' as ') as [string, string?])
    .map(([name, other]) => [name, other ?? name]);

/** As tsc writes them: what is at the left edge begins a statement, what is indented belongs to it. */
const statements = (text: string): string[] =>
  text
    .replaceAll(/\/\*[^]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .split(/^(?=[a-z])/m)
    .map((each) => each.replaceAll(/\s+/g, ' ').trim())
    .filter((each) => each !== '');

const parse = (file: string, text: string): Module => {
  const module: Module = { declarations: new Map(), imports: new Map(), exports: new Map() };
  for (const statement of statements(text)) {
    const list = /^(import|export)(?: type)? \{(.*)\}(?: from '\.\/(.+)\.js')?;$/.exec(statement);
    const declared =
      /^(export )?(?:declare )?(?:abstract )?(?:interface|class|type|function|const|enum|namespace) (\w+)/.exec(statement);
    if (list) {
      for (const [name, other] of listed(list[2] ?? ''))
        (list[1] === 'import' ? module.imports : module.exports).set(other, { file: list[3] ?? file, name });
    } else if (declared) {
      const name = declared[2] ?? '';
      const text = statement.replace(/^export /, '').replace(/^declare /, '');
      module.declarations.set(name, [...(module.declarations.get(name) ?? []), text]);
      if (declared[1]) module.exports.set(name, { file, name });
    } else if (/^declare (?:module|global)/.test(statement)) {
      // What is added to others' types.
      module.declarations.set(statement, [statement]);
      module.exports.set(statement, { file, name: statement });
    } else if (!/^(?:import\b|export \{\};)/.test(statement)) {
      throw new Error(`${file}: ${statement}`);
    }
  }
  return module;
};

/** The parts of `{ … }` that end with a semicolon, and what stands before it. */
const members = (declaration: string): string[] => {
  const open = declaration.indexOf('{');
  if (!/^(?:abstract )?(?:interface|class) /.test(declaration)) return [declaration];
  const head = declaration.slice(0, open).trim();
  const name = /(?:interface|class) (\w+)/.exec(head)?.[1] ?? '';
  const found: string[] = [];
  let depth = 0;
  let begin = open + 1;
  for (let at = open; at < declaration.length; at++) {
    if ('{(['.includes(declaration[at] ?? '')) depth++;
    if ('})]'.includes(declaration[at] ?? '')) depth--;
    if (declaration[at] === ';' && depth === 1) {
      found.push(declaration.slice(begin, at + 1).trim());
      begin = at + 1;
    }
  }
  return [head, ...found.filter((each) => !/^(?:private |#)/.test(each)).map((each) => `${name} { ${each} }`)];
};

/**
 * What a caller of the package can name: a line for each export of an entry, for each declaration
 * that these lead to, and for each of its members; sorted.
 *
 * @param entries their names, such as `./react`, and the file of their types without `.d.ts`
 */
export const publicTypes = (
  entries: ReadonlyMap<string, string>,
  read = (file: string): string => readFileSync(`target/npm/dist/${file}.d.ts`, 'utf8'),
): string[] => {
  const modules = new Map<string, Module>();
  const module = (file: string): Module => {
    const known = modules.get(file) ?? parse(file, read(file));
    modules.set(file, known);
    return known;
  };
  const lines = new Set<string>();
  const visited = new Set<string>();
  const visit = (file: string, name: string): void => {
    if (visited.has(`${file} ${name}`)) return;
    visited.add(`${file} ${name}`);
    const { declarations, imports, exports } = module(file);
    const own = declarations.get(name);
    const other = imports.get(name) ?? exports.get(name);
    if (own) {
      for (const line of own.flatMap(members)) {
        lines.add(line);
        for (const word of line.replaceAll(/'[^']*'/g, '').match(/\w+/g) ?? [])
          if (word !== name && (declarations.has(word) || imports.has(word))) visit(file, word);
      }
    } else if (other) {
      visit(other.file, other.name);
    }
  };
  for (const [entry, file] of entries)
    for (const [name, origin] of module(file).exports) {
      lines.add(`${entry} exports ${name}`);
      visit(origin.file, origin.name);
    }
  return [...lines].sort();
};
