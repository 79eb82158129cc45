import { createHash, randomBytes } from 'node:crypto';
import { check } from './connector.js';
import { Frames } from './frames.js';
import { exchange, upgrade, type Answer } from './http1.js';
import { connectHttp2 } from './http2.js';
import type { Patient } from './patient.js';
import { cutBy, refusal } from './refusals.js';
import { ok, skipped, type Finding } from './report.js';
import type { Routes } from './routes.js';
import { clean, Fault, fitsHeader, member, word } from './text.js';

const PROTOCOL = 'drawbridge.v1';
const KEY_SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What browsers do not take in a 101, RFC 6455 section 4.1; empty for nothing. */
const strange = (answer: Answer, key: string): string => {
  const [upgrade, connection, accept, extensions] = ['upgrade', 'connection', 'sec-websocket-accept', 'sec-websocket-extensions'].map(
    (name) => answer.header(name),
  );
  if (upgrade?.toLowerCase() !== 'websocket')
    return upgrade === undefined ? 'Upgrade is missing' : `Upgrade is ${clean(upgrade)}`;
  if (!connection?.toLowerCase().includes('upgrade'))
    return connection === undefined ? 'Connection is missing' : `Connection is ${clean(connection)}`;
  if (accept !== createHash('sha1').update(key + KEY_SALT).digest('base64'))
    return `Sec-WebSocket-Accept is ${accept === undefined ? 'missing' : 'that of another key'}`;
  return extensions === undefined ? '' : `Sec-WebSocket-Extensions was not offered and is ${clean(extensions)}`;
};

/** The steps that ask for a WebSocket, over HTTP/2 and HTTP/1.1. */
export class Handshake {
  constructor(
    private readonly patient: Patient,
    private readonly routes: Routes,
  ) {}

  private target(): string {
    const { path, query } = this.patient.options.address;
    if (!this.patient.drawbridge) return path + query;
    this.patient.attempt = `doctor-${randomBytes(9).toString('hex')}`;
    return `${path}${query ? query + '&' : '?'}attempt=${this.patient.attempt}&client=drawbridge-doctor`;
  }

  /** Token and subprotocols; the browser's way where a page is played and the server takes it. */
  private credentials(): { authorization: string | null; subprotocols: string | null } {
    const { token, origin, protocols } = this.patient.options;
    const auth = member(this.patient.config, 'auth');
    const transports = member(auth, 'transports');
    const prefix = member(auth, 'bearerPrefix') === undefined ? 'drawbridge.bearer.' : word(member(auth, 'bearerPrefix'));
    const browsers =
      token !== null && origin !== null && Array.isArray(transports) && transports.includes('subprotocol');
    const named = protocols.length ? protocols.join(', ') : null;
    return {
      authorization: token === null || browsers ? null : `Bearer ${token}`,
      subprotocols: this.patient.drawbridge ? PROTOCOL + (browsers && fitsHeader(prefix) ? `, ${prefix}${token}` : '') : named,
    };
  }

  async http2(): Promise<Finding> {
    const { address, origin } = this.patient.options;
    if (!address.secure) return skipped('browsers speak HTTP/2 over TLS alone');
    if (this.patient.application !== 'h2') return skipped('the server does not offer it');
    const found = await this.patient.connector.secure(this.patient.chosen, this.patient.until, 'h2');
    try {
      check(found, address);
      const { authorization, subprotocols } = this.credentials();
      const answer = await connectHttp2(found.socket, this.patient.until, address, this.target(), {
        'sec-websocket-version': '13',
        'sec-websocket-protocol': subprotocols,
        authorization,
        origin,
      });
      const facts = { connectProtocol: answer !== undefined };
      if (!answer) return ok('no WebSockets by it: browsers use HTTP/1.1 for them', facts);
      if (answer.status === 200) return ok('extended CONNECT opens a WebSocket', facts);
      const fault = refusal(answer, this.patient.drawbridge, this.patient.options);
      // What would refuse an upgrade, too, keeps its name.
      if (!fault.code.startsWith('upgrade_')) throw await this.placed(fault);
      // What HTTP/1.1 meets, too, is not for HTTP/2 to explain.
      await this.upgrade();
      throw new Fault('http2_refused', fault.detail);
    } finally {
      found.socket.destroy();
    }
  }

  /** With the right address where the one that was given is wrong. */
  private async placed(fault: Fault): Promise<Fault> {
    return fault.code === 'path_wrong' && !this.patient.drawbridge ? fault.and(await this.routes.elsewhere()) : fault;
  }

  async upgrade(): Promise<Finding> {
    const { address, origin, protocols } = this.patient.options;
    const key = randomBytes(16).toString('base64');
    const target = this.target();
    const { authorization, subprotocols } = this.credentials();
    const text = upgrade(target, address, key, {
      'Sec-WebSocket-Protocol': subprotocols,
      Authorization: authorization,
      Origin: origin,
    });
    this.patient.line = await this.patient.connector.open(this.patient.chosen, this.patient.until);
    const answer = await exchange(this.patient.line, text).catch((why: unknown) => {
      const cut = cutBy(why, this.patient.options);
      if (cut !== why) throw cut;
      const code = why instanceof Fault && { http_timeout: 'open_timeout', http_cut: 'upgrade_cut' }[why.code];
      throw code ? new Fault(code, (why as Fault).detail) : why;
    });
    if (answer.status !== 101) 
      throw await this.recorded(await this.placed(refusal(answer, this.patient.drawbridge, this.patient.options)));
    const odd = strange(answer, key);
    if (odd) throw new Fault('handshake_answer_invalid', `101, but ${odd}`);
    const chosen = answer.header('sec-websocket-protocol');
    const known =
      chosen === undefined ? subprotocols === null : this.patient.drawbridge ? chosen === PROTOCOL : protocols.includes(chosen);
    if (!known)
      throw new Fault('subprotocol_mismatch', chosen === undefined ? 'none was chosen' : `it chose ${clean(chosen)}`);
    const coding = answer.header('transfer-encoding');
    this.patient.frames = new Frames(this.patient.line, coding === undefined ? '' : `the 101 has Transfer-Encoding ${clean(coding)}`);
    this.patient.openedAt = this.patient.heardAt = performance.now();
    const facts = { status: 101, subprotocol: chosen ?? null, attempt: this.patient.attempt || null };
    return ok(`HTTP/1.1 101${chosen === undefined ? '' : `, ${chosen}`}`, facts);
  }

  /** What the server itself has recorded of a try that someone else has answered. */
  private async recorded(fault: Fault): Promise<Fault> {
    const { token } = this.patient.options;
    const others = ['path_wrong', 'upgrade_refused', 'refused_by_other'].includes(fault.code);
    if (!this.patient.drawbridge || !others || token === null) return fault;
    try {
      const target = `${this.routes.route('diagnose')}?attempt=${this.patient.attempt}`;
      const { json } = await this.routes.ask('GET', target, { Authorization: `Bearer ${token}` });
      const never = member(json, 'code') === 'ok' && member(json, 'attempt') === null;
      return never ? fault.and('it never reached the server') : fault;
    } catch {
      return fault;
    }
  }
}
