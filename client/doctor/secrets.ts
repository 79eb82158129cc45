/** Shorter ones are no secrets, and hiding them would spoil words. */
const SHORTEST_TOKEN = 6;
const SHORTEST_VALUE = 16;
/** As much of a secret, and it is one, though its end was cut off. */
const BEGIN = 12;

const decoded = (value: string): string => {
  try {
    return decodeURIComponent(value.replace(/\+/g, ' '));
  } catch {
    return value;
  }
};

/**
 * Hides what was given to the doctor and must not come out of it again, though a server says it back: the token, and
 * long values of the address's query. It goes through all texts of a value of JSON.
 */
export const hider = (token: string | null, query: string): (<T>(value: T) => T) => {
  const values = query
    .replace(/^\?/, '')
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1))
    .filter(({ length }) => length >= SHORTEST_VALUE)
    .flatMap((value) => [value, decoded(value)]);
  const patterns = [...(token && token.length >= SHORTEST_TOKEN ? [token] : []), ...values].map(
    (secret) => new RegExp(secret.slice(0, BEGIN).replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&') + `[^\\s"',;]*`, 'g'),
  );
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') return patterns.reduce((text, pattern) => text.replace(pattern, '[secret]'), value);
    if (Array.isArray(value)) return value.map(hide);
    return value;
  };
  return (value) => hide(value) as typeof value;
};
