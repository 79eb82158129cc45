import { tried } from './protocol.js';
import { within } from './backoff.js';

/**
 * One request with its body, bounded in time, and over when the try is over.
 *
 * @returns the answer, and what its body holds where that is JSON
 * @throws what `fetch` throws; what has no name when it took too long, or the signal's reason
 */
export const ask = (
  address: string,
  signal: AbortSignal,
  limitMs: number,
  init?: RequestInit,
): Promise<readonly [answer: Response, json: unknown]> => {
  // `AbortSignal.any` and `timeout` are younger than many browsers.
  const over = new AbortController();
  const answered = async () => {
    const answer = await fetch(address, { cache: 'no-store', ...init, signal: over.signal });
    const json =
      /json/.test(answer.headers.get('content-type') as string) && (await answer.text());
    return [answer, tried(() => JSON.parse(json as string))] as const;
  };
  // What is not read of an answer is not loaded either.
  return within(answered, limitMs, signal).finally(() => over.abort());
};

/** In milliseconds; a date (RFC 9110 section 10.2.3) counts from the clock here. */
export const retryAfter = (answer: Response): number | undefined => {
  const told = answer.headers.get('retry-after') as string;
  return Math.max(0, +told * 1_000 || Date.parse(told) - Date.now()) || undefined;
};

/** A page by https may not use it. Browsers make an exception for the machine itself. */
export const insecure = (address: string): boolean =>
  globalThis.location?.protocol === 'https:' &&
  /^(ws|http):..(?!localhost|127\.|\[::1)/.test(address);
