import type { Answer } from './http1.js';
import { clean, Fault, member, word } from './text.js';

/** What a refusal of Drawbridge's tells people: the hint of dev mode, else the title. */
export const told = ({ json }: Answer): string => {
  const request = word(member(json, 'requestId'));
  return clean(word(member(json, 'hint')) || word(member(json, 'title'))) + (request && `, request ${clean(request)}`);
};

/** Names an answer that opens no WebSocket. */
export function refusal(answer: Answer, drawbridge: boolean): Fault {
  const { problem, words, status, version, redirect } = answer;
  if (problem === 'upgrade_required')
    return new Fault('upgrade_not_forwarded', `the server got a request without the upgrade: ${words}`);
  if (problem !== null) return new Fault(problem, told(answer));
  if (version === 'HTTP/1.0') return new Fault('http_1_0', `answered HTTP/1.0 ${words}`);
  if (redirect) return new Fault('redirected', `answered ${status} to ${redirect}`);
  const code = [502, 503, 504].includes(status)
    ? 'server_unreachable'
    : [401, 403, 407].includes(status)
      ? 'refused_by_other'
      : // The document was the server's, and this is not: someone between them knows no upgrades.
        drawbridge || status === 426 || (status === 400 && /upgrade/i.test(answer.text))
        ? 'upgrade_not_forwarded'
        : (status >= 200 && status < 300) || status === 404 || status === 405
          ? 'path_wrong'
          : 'upgrade_refused';
  return new Fault(code, `answered ${words}`);
}
