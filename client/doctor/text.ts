/** The same text without what looks like a JWS. */
export const masked = (text: string): string => text.replace(/eyJ[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*){0,4}/g, '[token]');

/** Printable ASCII, at most 120 characters, and nothing that looks like a JWS. */
export const clean = (text: string): string => {
  const shown = masked(text.replace(/[^\x20-\x7e]+/g, ' ')).trim();
  return shown.length > 120 ? shown.slice(0, 120) + '...' : shown;
};

/** @returns milliseconds of a text such as `500ms`, `90s`, `5m`, `1h`; undefined for anything else */
export const duration = (text: string): number | undefined => {
  const match = /^(\d{1,7})(ms|s|m|h)$/.exec(text);
  return match ? Number(match[1]) * { ms: 1, s: 1e3, m: 6e4, h: 36e5 }[match[2] as 'ms' | 's' | 'm' | 'h'] : undefined;
};

/** For people: `250 ms`, `2.0 s`, `5.0 min`, `3.5 h`, `12 d`. */
export const time = (millis: number): string => {
  const length = Math.abs(millis);
  if (length < 1_000) return `${Math.trunc(length)} ms`;
  if (length < 120_000) return `${(length / 1e3).toFixed(1)} s`;
  if (length < 7_200_000) return `${(length / 6e4).toFixed(1)} min`;
  return length < 172_800_000 ? `${(length / 36e5).toFixed(1)} h` : `${Math.floor(length / 86_400_000)} d`;
};

/** Whether a value may stand in a header as it is. */
export const fitsHeader = (value: string): boolean => /^[\x21-\x7e]*$/.test(value);

/** What ends an examination: a code of advice.json, or of the server, and what was seen. */
export class Fault extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(detail);
  }

  /** The same with more words. */
  and(more: string): Fault {
    return more ? new Fault(this.code, `${this.detail}; ${more}`) : this;
  }
}

/** Members of JSON that may be anything. */
export const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** A text of JSON; empty for anything else. */
export const word = (value: unknown): string => (typeof value === 'string' ? value : '');

export const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
