import type { Answer } from './http1.js';
import type { Options } from './options.js';
import { clean, Fault, member, word } from './text.js';

/** What a refusal of Drawbridge's tells people: the hint of dev mode, else the title. */
export const told = ({ json }: Answer): string => {
  const request = word(member(json, 'requestId'));
  return clean(word(member(json, 'hint')) || word(member(json, 'title'))) + (request && `, request ${clean(request)}`);
};

/** A token from which on containers and proxies, which take heads of 8 KiB, refuse requests. */
const LARGE_TOKEN = 7_000;

/** A refusal of Drawbridge's; undefined for any other answer. */
export function problemOf(answer: Answer, { token, origin }: Options): Fault | undefined {
  const { problem, words } = answer;
  if (problem === null) return undefined;
  if (problem === 'upgrade_required')
    return new Fault('upgrade_not_forwarded', `the server got a request without the upgrade: ${words}`);
  const lost = 'it was sent, and the server says that none came';
  if (problem === 'token_missing' && token !== null) return new Fault('token_lost', lost);
  if (problem === 'origin_required' && origin !== null) return new Fault('origin_lost', lost);
  return new Fault(problem, told(answer));
}

/** By a proxy whose server is away; those from 520 on are Cloudflare's. */
export const unreachable = (status: number): boolean =>
  [502, 503, 504, 530].includes(status) || (status >= 520 && status <= 526);

/** Whether a request was refused for the size of its head, which only a token makes large. */
export const tooLarge = ({ status, text }: Answer, { token }: Options): boolean =>
  token !== null &&
  (status === 431 || status === 414 || (status === 400 && (token.length > LARGE_TOKEN || /too large/i.test(text))));

export const tokenTooLarge = (words: string, { token }: Options): Fault =>
  new Fault('token_too_large', `${words} to a token of ${token?.length ?? 0} characters`);

/** The same for who closes in place of an answer. */
export const cutBy = (why: unknown, options: Options): unknown =>
  why instanceof Fault && why.code === 'http_cut' && (options.token?.length ?? 0) > LARGE_TOKEN
    ? tokenTooLarge(why.detail, options)
    : why;

/** Names an answer that opens no WebSocket. */
export function refusal(answer: Answer, drawbridge: boolean, options: Options): Fault {
  const problem = problemOf(answer, options);
  if (problem) return problem;
  const { status, version, redirect, text } = answer;
  const words = `answered ${answer.words}`;
  if (version === 'HTTP/1.0') return new Fault('http_1_0', `answered HTTP/1.0 ${answer.words}`);
  if (redirect) return new Fault('redirected', `answered ${status} to ${redirect}`);
  if (tooLarge(answer, options)) return tokenTooLarge(words, options);
  const wait = answer.header('retry-after');
  if (status === 429) return new Fault('throttled_by_other', words + (wait === undefined ? '' : `, Retry-After ${clean(wait)}`));
  const code = (): string => {
    if (unreachable(status)) return 'server_unreachable';
    // Envoy's way to refuse an upgrade that its upgrade_configs do not name.
    if (status === 403 && /envoy/i.test(answer.header('server') ?? '')) return 'upgrade_not_forwarded';
    if ([401, 403, 407, 451, 511].includes(status)) return 'refused_by_other';
    if (status === 400 && /ssl certificate/i.test(text)) return 'tls_client_certificate';
    if (status === 500) return 'upgrade_refused';
    // The document was the server's, and this is not: someone between them knows no upgrades.
    if (drawbridge || status === 426 || (status === 400 && /upgrade/i.test(text))) return 'upgrade_not_forwarded';
    return (status >= 200 && status < 300) || [404, 405, 410].includes(status) ? 'path_wrong' : 'upgrade_refused';
  };
  return new Fault(code(), words);
}
