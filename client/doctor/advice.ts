import all from './advice.json';

/** Kind, title and fix of each code, and the exit status of each kind; the Java program reads the same file. */
const codes: Readonly<Record<string, { kind: string; title: string; fix: string } | undefined>> = all.codes;
const kinds: Readonly<Record<string, number | undefined>> = all.kinds;

export const advice = (code: string | null) => (code && Object.hasOwn(codes, code) ? codes[code] : undefined);

/** Who has carried a frame since was not idle, unless the limit of a proxy is far too short. */
const BUSY_MS = 2_000;

/** What is measured from a frame is a little more than the limit. */
const near = (millis: number, limit: number): boolean => millis >= limit - 500 && millis <= limit + 2_000;

/**
 * Who likely cuts a connection, by the time since it was opened and since the last frame came; in words, empty
 * where nothing tells.
 */
export const cutter = (openMs: number, silentMs: number): string => {
  const limits: readonly { seconds: number; whole?: boolean; who: string }[] = all.limits;
  const found = limits.find(
    ({ seconds, whole }) => near(silentMs, seconds * 1_000) || (whole && near(openMs, seconds * 1_000)),
  );
  if (found) return `${found.seconds} s is the limit of ${found.who}`;
  return silentMs < BUSY_MS && openMs > 4 * BUSY_MS ? 'it was not idle: who cuts was stopped, reloaded, or allows no longer life' : '';
};

export const exitOf = (kind: string): number => kinds[kind] ?? 1;
