import { gunzipSync } from 'node:zlib';
import { clientCertificate } from './alerts.js';
import { Cut, TimedOut, type Line } from './line.js';
import type { Address } from './options.js';
import { clean, Fault, member, parsed, word } from './text.js';

/** Of an answer's head, and of its body that are read, in bytes. */
export const MOST_HEAD = 32_768;
export const MOST_BODY = 262_144;
const MOST_INTERIM = 5;

/** What a server has answered to one request. */
export class Answer {
  constructor(
    /** Such as `HTTP/1.1`. */
    readonly version: string,
    readonly status: number,
    /** By their names in lower case. */
    readonly headers: ReadonlyMap<string, readonly string[]>,
    readonly body: Buffer = Buffer.alloc(0),
  ) {}

  /** The values of a header in one list. */
  header(name: string): string | undefined {
    return this.headers.get(name)?.join(', ');
  }

  /** Without its parameters; empty without one. */
  get type(): string {
    return (this.header('content-type') ?? '').replace(/;.*/, '').trim().toLowerCase();
  }

  get text(): string {
    return this.body.toString('utf8');
  }

  /** The body where it is JSON. */
  get json(): unknown {
    return this.type.includes('json') ? parsed(this.text) : undefined;
  }

  /** The code of a refusal of Drawbridge's. */
  get problem(): string | null {
    const code = member(this.json, 'code');
    return word(member(this.json, 'type')).startsWith('urn:drawbridge:problem:') && typeof code === 'string'
      ? code
      : null;
  }

  /** Status, type, and who says of himself that he has answered, in words. */
  get words(): string {
    const by = clean((this.header('server') ?? '').replace(/[^!-~].*/s, ''));
    return `${this.status} ${this.type}`.trim() + (by && ` by ${by}`);
  }

  /** Whether a cache in front of the server has kept it; RFC 9111 section 5.1. */
  get cached(): boolean {
    if (/^\d{1,10}$/.test(this.header('age') ?? '') && Number(this.header('age')) > 0) return true;
    // CloudFront and Varnish, Cloudflare, nginx.
    return ['x-cache', 'cf-cache-status', 'x-cache-status', 'x-proxy-cache'].some((name) => /hit/i.test(this.header(name) ?? ''));
  }

  /** Where a redirect leads, without user and query; empty for what is none. */
  get redirect(): string {
    return this.status >= 300 && this.status < 400 && this.status !== 304
      ? clean((this.header('location') ?? 'nowhere').replace(/[?#].*|(?<=\/\/)[^/@]*@/g, ''))
      : '';
  }
}

/** A request without a body; headers without a value are left out. */
export const request = (
  method: string,
  target: string,
  { authority }: Address,
  headers: Readonly<Record<string, string | null>>,
): string =>
  [
    `${method} ${target} HTTP/1.1`,
    `Host: ${authority}`,
    'User-Agent: drawbridge-doctor',
    'Accept-Encoding: identity',
    ...Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`])),
    '\r\n',
  ].join('\r\n');

/** The request of a WebSocket's handshake, RFC 6455 section 4.1; the key is sixteen bytes in Base64. */
export const upgrade = (
  target: string,
  address: Address,
  key: string,
  headers: Readonly<Record<string, string | null>>,
): string =>
  request('GET', target, address, {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
    ...headers,
  });

/**
 * One request and its answer over HTTP/1.1, by hand, so that whatever comes back can be named.
 *
 * @throws Fault `http_timeout`, `http_cut`, `http_none`, `http_too_large`, `tls_expected`, `tls_client_certificate`
 */
export async function exchange(line: Line, text: string): Promise<Answer> {
  const read = { bytes: 0 };
  try {
    line.write(text);
    let answer = await head(line, read);
    for (let i = 0; answer.status < 200 && answer.status !== 101; i++) {
      if (i === MOST_INTERIM) throw new Fault('http_too_large', `more than ${MOST_INTERIM} interim answers`);
      answer = await head(line, read);
    }
    return await withBody(line, answer);
  } catch (why) {
    if (why instanceof TimedOut)
      throw new Fault('http_timeout', read.bytes ? 'the answer has not come to its end' : 'no byte of an answer came');
    if (why instanceof Cut)
      throw clientCertificate(line.failure) ?? new Fault('http_cut', read.bytes ? 'closed in the middle of the answer' : 'closed without an answer');
    throw why;
  }
}

async function head(line: Line, read: { bytes: number }): Promise<Answer> {
  for (let i = 1; i <= 5; i++) {
    const have = await line.peek(i);
    read.bytes ||= have;
    const begin = line.buffered;
    if (have === 0) throw new Cut('read');
    if (begin.startsWith('\x15')) throw new Fault('tls_expected', 'it answers with an alert of TLS');
    if (have < i || !begin.startsWith('HTTP/'.slice(0, i))) throw new Fault('http_none', `it answers "${clean(begin)}"`);
  }
  const headers = new Map<string, string[]>();
  let status: RegExpExecArray | undefined;
  for (let size = 0; ; ) {
    const next = await line.text(MOST_HEAD - size);
    if (next === undefined) throw new Fault('http_too_large', `its head has more than ${MOST_HEAD} bytes`);
    size += next.length + 2;
    if (!status) {
      status = /^(HTTP\/\d\.\d) (\d{3})(?: .*)?$/.exec(next) ?? undefined;
      if (!status) throw new Fault('http_none', `it begins with "${clean(next)}"`);
    } else if (next === '') {
      return new Answer(status[1] as string, Number(status[2]), headers);
    } else {
      const colon = next.indexOf(':');
      const name = next.slice(0, colon).trim().toLowerCase();
      if (colon > 0) headers.set(name, [...(headers.get(name) ?? []), next.slice(colon + 1).trim()]);
    }
  }
}

async function withBody(line: Line, answer: Answer): Promise<Answer> {
  const { version, status, headers } = answer;
  if (status === 101 || status === 204 || status === 304) return answer;
  const parts: Buffer[] = [];
  let size = 0;
  const copy = async (count: number, whole: boolean) => {
    for (let left = count; left > 0 && size < MOST_BODY; ) {
      const part = await line.some(Math.min(left, MOST_BODY - size));
      if (!part.length) {
        if (whole) throw new Cut('read');
        return;
      }
      parts.push(part);
      size += part.length;
      left -= part.length;
    }
  };
  const length = answer.header('content-length');
  if (/chunked/i.test(answer.header('transfer-encoding') ?? '')) {
    while (size < MOST_BODY) {
      const hex = ((await line.text(64)) ?? '').replace(/;.*/, '').trim();
      if (!/^[0-9a-f]{1,12}$/i.test(hex)) throw new Cut('read');
      const count = parseInt(hex, 16);
      if (count === 0) break;
      await copy(count, true);
      if (size < MOST_BODY) await line.exactly(2);
    }
  } else if (length !== undefined && /^\d{1,15}$/.test(length)) await copy(Number(length), true);
  else await copy(Infinity, false);
  return new Answer(version, status, headers, decoded(answer, Buffer.concat(parts)));
}

/** Some proxies compress though nobody has asked. */
function decoded(answer: Answer, body: Buffer): Buffer {
  if (!/gzip/i.test(answer.header('content-encoding') ?? '')) return body;
  try {
    return gunzipSync(body, { maxOutputLength: MOST_BODY });
  } catch {
    return body;
  }
}
