import all from './advice.json';

/** Kind, title and fix of each code, and the exit status of each kind; the Java program reads the same file. */
const codes: Readonly<Record<string, { kind: string; title: string; fix: string } | undefined>> = all.codes;
const kinds: Readonly<Record<string, number | undefined>> = all.kinds;

export const advice = (code: string | null) => (code && Object.hasOwn(codes, code) ? codes[code] : undefined);

export const exitOf = (kind: string): number => kinds[kind] ?? 1;
