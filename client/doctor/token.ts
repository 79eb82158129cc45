import { clean, fitsHeader, member, parsed, time } from './text.js';

/** What a token says of itself, read without any key: its signature is the server's to check. */
export interface TokenWords {
  /** Of the first thing that is wrong with it whoever checks it. */
  readonly code: string | null;
  readonly detail: string;
  readonly facts: Record<string, unknown>;
}

const LEEWAY_MS = 30_000;
const UNSUPPORTED = ['crit', 'b64', 'zip', 'enc', 'cty', 'jwk', 'jku', 'x5u', 'x5c'];

const object = (part: string): object | undefined => {
  const json = /^[A-Za-z0-9_-]*=*$/.test(part) ? parsed(Buffer.from(part, 'base64url').toString('utf8')) : undefined;
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
};

const text = (value: unknown): string | null => (typeof value === 'string' ? clean(value) : null);

const audiences = (value: unknown): string[] | null =>
  typeof value === 'string'
    ? [clean(value)]
    : Array.isArray(value)
      ? value.filter((each) => typeof each === 'string').slice(0, 10).map(clean)
      : null;

const millis = (seconds: unknown): number | null =>
  typeof seconds === 'number' && Math.abs(seconds) < 1e12 ? Math.trunc(seconds * 1_000) : null;

/** What was put into the place of the token; empty for what may be one. */
const unfit = (token: string): string => {
  if (/^Bearer /i.test(token)) return 'it begins with Bearer: the token alone has to stand there';
  if (/^[{[]/.test(token)) return 'it is JSON: the token alone has to stand there';
  if (/^["']/.test(token)) return 'it stands in quotes: the token alone has to stand there';
  return fitsHeader(token) ? '' : 'blanks, line ends or other characters that no token has stand in it';
};

/** @param now by the server's clock where it is known, epoch milliseconds */
export function readToken(token: string, now: number): TokenWords {
  const facts: Record<string, unknown> = { alg: null, typ: null, iss: null, aud: null, expiresInMs: null, issuedAgoMs: null };
  const found = (code: string | null, detail: string): TokenWords => ({ code, detail, facts });
  const wrong = unfit(token);
  if (wrong) return found('token_malformed', wrong);
  const parts = token.split('.');
  if (parts.length !== 3)
    return found('token_malformed', parts.length === 5 ? 'five parts: it is encrypted' : `${parts.length} parts, not three`);
  const header = object(parts[0] as string);
  const claims = object(parts[1] as string);
  if (!header || !claims) return found('token_malformed', 'its header or payload is no JSON object in base64url');
  const [exp, iat, nbf] = ['exp', 'iat', 'nbf'].map((name) => member(claims, name));
  const expires = millis(exp);
  const issued = millis(iat);
  const alg = member(header, 'alg');
  facts.alg = text(alg);
  facts.typ = text(member(header, 'typ'));
  facts.iss = text(member(claims, 'iss'));
  facts.aud = audiences(member(claims, 'aud'));
  facts.expiresInMs = expires === null ? null : expires - now;
  facts.issuedAgoMs = issued === null ? null : now - issued;
  if (typeof alg !== 'string' || !alg || alg.toLowerCase() === 'none') return found('token_alg_not_allowed', 'it is not signed');
  const unsupported = UNSUPPORTED.find((name) => Object.hasOwn(header, name));
  if (unsupported) return found('token_header_unsupported', `its header has ${unsupported}`);
  for (const [name, value] of [['exp', exp], ['iat', iat], ['nbf', nbf]] as const)
    if (value !== undefined && value !== null && typeof value !== 'number')
      return found('token_claim_invalid', `${name} is no number`);
  if (expires === null) return found('token_expiry_missing', 'it has no exp');
  if (expires + LEEWAY_MS < now) return found('token_expired', `it has expired ${time(now - expires)} ago`);
  const begins = Math.max(millis(nbf) ?? 0, issued ?? 0);
  if (begins > now + LEEWAY_MS) return found('token_not_yet_valid', `it begins in ${time(begins - now)}`);
  return found(null, `${clean(alg)}, expires in ${time(expires - now)}`);
}
