import { createHash, randomBytes } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { advice } from './advice.js';
import { check, daysLeft, reason, tlsFacts, type Connector } from './connector.js';
import { Frames } from './frames.js';
import { exchange, request, type Answer } from './http1.js';
import { connectHttp2 } from './http2.js';
import type { Line } from './line.js';
import type { Options } from './options.js';
import { refusal, told } from './refusals.js';
import { ok, skipped, STEPS, warning, type Finding, type Result, type Step } from './report.js';
import { Talk } from './talk.js';
import { clean, Fault, fitsHeader, member, time, word } from './text.js';
import { readToken } from './token.js';

const LEEWAY_MS = 30_000;
/** For what is asked beside a step. */
const GLANCE_MS = 2_000;
const SOON_DAYS = 14;
const PROTOCOL = 'drawbridge.v1';
const MOST_ADDRESSES = 8;

/** The steps, in their order; the first that fails ends them. The Java program does the same. */
export class Examination {
  readonly results: Result[] = [];
  drawbridge = false;
  line: Line | undefined;
  frames: Frames | undefined;
  openedAt = 0;
  heardAt = 0;
  private addresses: string[] = [];
  private chosen = '';
  private application = '';
  private config: unknown;
  private clockOffsetMs = 0;
  private diagnosis: Answer | undefined;
  private attempt = '';

  constructor(
    readonly options: Options,
    private readonly connector: Connector,
    private readonly listener: (result: Result) => void,
  ) {}

  async run(): Promise<Result[]> {
    const talk = new Talk(this);
    const works: Record<Step, () => Promise<Finding>> = {
      dns: () => this.dns(),
      tcp: () => this.tcp(),
      tls: () => this.tls(),
      discovery: () => this.discovery(),
      preflight: () => this.preflight(),
      token: () => this.token(),
      user: () => this.user(),
      http2: () => this.http2(),
      upgrade: () => this.upgrade(),
      welcome: () => talk.welcome(),
      echo: () => talk.echo(),
      heartbeat: () => talk.heartbeat(),
      watch: () => talk.watch(),
      drain: () => talk.drain(),
      close: () => talk.close(),
    };
    let cause: string | undefined;
    for (const step of Object.keys(STEPS) as Step[]) {
      const start = performance.now();
      let finding: Finding;
      try {
        finding = cause ? skipped(`${cause} has failed`) : await works[step]();
      } catch (why) {
        if (!(why instanceof Fault)) throw why;
        cause = step;
        const facts = this.attempt ? { attempt: this.attempt } : {};
        finding = { status: 'failed', code: why.code, detail: why.detail, facts };
      }
      const ms = finding.status === 'skipped' ? 0 : Math.trunc(performance.now() - start);
      const result = { step, ...finding, ms };
      this.results.push(result);
      this.listener(result);
    }
    this.line?.close();
    return this.results;
  }

  /** Whose server it is, as far as anything has told yet. */
  get server(): string {
    const discovery = this.results.find(({ step }) => step === 'discovery')?.status;
    if (this.drawbridge) return 'drawbridge';
    return discovery === 'ok' || discovery === 'warning' ? 'foreign' : 'unknown';
  }

  private get until(): number {
    return performance.now() + this.options.timeoutMs;
  }

  // --- the way there -------------------------------------------------------------------------

  private async dns(): Promise<Finding> {
    this.addresses = (await this.connector.resolve(this.until)).slice(0, MOST_ADDRESSES);
    return ok(this.addresses.join(', '), { addresses: this.addresses });
  }

  private async tcp(): Promise<Finding> {
    const all = this.until;
    const tried: { address: string; family: string; ms: number; error: string | null }[] = [];
    for (const [i, address] of this.addresses.entries()) {
      const start = performance.now();
      let error: string | null = null;
      try {
        (await this.connector.connect(address, start + (all - start) / (this.addresses.length - i))).destroy();
        this.chosen ||= address;
      } catch (why) {
        error = reason(why);
      }
      const ms = Math.trunc(performance.now() - start);
      tried.push({ address, family: isIPv4(address) ? 'IPv4' : 'IPv6', ms, error });
    }
    const { port } = this.options.address;
    const detail = tried.map(({ address, error }) => `${address} port ${port}: ${error ?? 'open'}`).join('; ');
    const errors = tried.flatMap(({ error }) => error ?? []);
    if (!this.chosen)
      throw new Fault(
        errors.includes('timeout') ? 'tcp_timeout' : errors.includes('refused') ? 'tcp_refused' : 'tcp_unreachable',
        detail,
      );
    // A machine without IPv6 says nothing of the server.
    return errors.some((error) => error !== 'unreachable') ? warning('address_family_down', detail, { tried }) : ok(detail, { tried });
  }

  private async tls(): Promise<Finding> {
    const { secure, host } = this.options.address;
    if (!secure) return skipped('the address is a plain one');
    const found = await this.connector.secure(this.chosen, this.until, 'h2', 'http/1.1');
    try {
      check(found, host);
      this.application = found.application;
      const days = found.own ? daysLeft(found.own) : 0;
      const detail = `${found.version}, certificate valid for ${days} days`;
      return days < SOON_DAYS ? warning('tls_expires_soon', detail, tlsFacts(found)) : ok(detail, tlsFacts(found));
    } finally {
      found.socket.destroy();
    }
  }

  // --- the routes beside the handshake -------------------------------------------------------

  private async ask(method: string, target: string, headers: Record<string, string | null> = {}): Promise<Answer> {
    const line = await this.connector.open(this.chosen, this.until);
    try {
      const all = { ...headers, Accept: 'application/json', Connection: 'close' };
      return await exchange(line, request(method, target, this.options.address, all));
    } finally {
      line.close();
    }
  }

  /** The path of a route beside the endpoint: `/ws/config`. */
  private beside(name: string): string {
    return `${this.options.address.path.replace(/\/+$/, '')}/${name}`;
  }

  private async discovery(): Promise<Finding> {
    const { origin } = this.options;
    const target = this.beside('config');
    const asked = Date.now();
    let answer = await this.firstAnswer(target);
    if (answer.problem === 'origin_required' && origin !== null) answer = await this.ask('GET', target, { Origin: origin });
    const middle = Math.floor((asked + Date.now()) / 2);
    const { problem, json } = answer;
    if (problem !== null) {
      this.drawbridge = true;
      if (problem === 'not_found') throw new Fault('path_wrong', `answered ${answer.words} by Drawbridge`);
      if (advice(problem)?.kind === 'token') throw new Fault('discovery_guarded', `${target} answered ${problem}`);
      throw new Fault(problem, told(answer));
    }
    this.clock(answer, json, middle);
    const facts: Record<string, unknown> = { status: answer.status, clockOffsetMs: this.clockOffsetMs };
    if (answer.status === 200 && member(json, 'configVersion') === 1) {
      this.drawbridge = true;
      this.config = json;
      const draining = member(json, 'status') === 'draining';
      const mode = clean(word(member(json, 'mode')) || '?');
      Object.assign(facts, { mode, draining });
      const detail = `Drawbridge, mode ${mode}`;
      if (draining) return warning('draining', detail, facts);
      const apart = `the server's clock is ${time(this.clockOffsetMs)} ${this.clockOffsetMs > 0 ? 'ahead' : 'behind'}`;
      return Math.abs(this.clockOffsetMs) > LEEWAY_MS ? warning('clock_apart', apart, facts) : ok(detail, facts);
    }
    const detail = `${target} answered ${answer.words}`;
    if (answer.status === 502 || answer.status === 504) throw new Fault('server_unreachable', detail);
    return answer.redirect
      ? warning('redirected', `${detail} to ${answer.redirect}`, facts)
      : warning('discovery_missing', detail, facts);
  }

  /** The first request: it meets a port that speaks TLS, or no HTTP at all. */
  private async firstAnswer(target: string): Promise<Answer> {
    const { secure } = this.options.address;
    try {
      const answer = await this.ask('GET', target);
      const wanted = /HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|requires TLS/;
      if (!secure && answer.status === 400 && wanted.test(answer.text)) throw new Fault('tls_expected', 'it says so');
      return answer;
    } catch (why) {
      if (why instanceof Fault && why.code === 'http_cut' && !secure && (await this.speaksTls()))
        throw new Fault('tls_expected', 'closed without an answer; a TLS handshake succeeds there');
      throw why;
    }
  }

  private async speaksTls(): Promise<boolean> {
    const until = Math.min(this.until, performance.now() + GLANCE_MS);
    return this.connector.secure(this.chosen, until, 'http/1.1').then(
      ({ socket }) => {
        socket.destroy();
        return true;
      },
      () => false,
    );
  }

  private clock(answer: Answer, json: unknown, middle: number): void {
    const told = member(json, 'serverTime');
    // A date is to the second, rounded down.
    const server = typeof told === 'number' && told ? told : Date.parse(answer.header('date') ?? '') + 500;
    this.clockOffsetMs = Number.isFinite(server) ? server - middle : 0;
  }

  /** A relative reference of the discovery document, resolved to a path of this server. */
  private route(name: string): string {
    const reference = word(member(this.config, name));
    try {
      const found = new URL(reference, `http://h${this.beside('config')}`);
      return reference && found.hostname === 'h' ? found.pathname : this.beside(name);
    } catch {
      return this.beside(name);
    }
  }

  private async preflight(): Promise<Finding> {
    const { origin } = this.options;
    if (origin === null) return skipped('no --origin was given');
    if (!this.drawbridge) return skipped('only Drawbridge has routes that pages ask');
    const simple = await this.ask('GET', this.beside('config'), { Origin: origin });
    if (simple.problem !== null) throw new Fault(simple.problem, told(simple));
    if (member(member(simple.json, 'origin'), 'allowed') === false)
      throw new Fault('origin_denied', 'the discovery document says that it is not allowed');
    const asked = await this.ask('OPTIONS', this.route('diagnose'), {
      Origin: origin,
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'authorization',
    });
    if (asked.problem !== null) throw new Fault(asked.problem, told(asked));
    const allowed = asked.header('access-control-allow-origin');
    const headers = asked.header('access-control-allow-headers');
    const facts = {
      status: asked.status,
      allowOrigin: allowed === undefined ? null : clean(allowed),
      allowHeaders: headers === undefined ? null : clean(headers),
    };
    const good =
      asked.status >= 200 && asked.status < 300 && (allowed === origin || allowed === '*') && /authorization/i.test(headers ?? '');
    return good ? ok(`${clean(origin)} is allowed`, facts) : warning('cors_missing', `OPTIONS answered ${asked.words}`, facts);
  }

  private async token(): Promise<Finding> {
    const { token, origin } = this.options;
    const read = token === null ? null : readToken(token, Date.now() + this.clockOffsetMs);
    if (!this.drawbridge && !read) return skipped('no token was given');
    if (read && !fitsHeader(token as string)) throw new Fault('token_malformed', read.detail);
    if (!this.drawbridge)
      return read?.code ? warning(read.code, read.detail, read.facts) : ok(read?.detail ?? '', read?.facts);
    const answer = await this.ask('GET', this.route('diagnose'), {
      Authorization: token === null ? null : `Bearer ${token}`,
      Origin: origin,
    });
    const { problem } = answer;
    // Those of the user come when the token was found to be good.
    if (problem !== null && advice(problem)?.kind !== 'user' && problem !== 'auth_unavailable')
      throw new Fault(problem, (read && problem === read.code ? `${read.detail}; ` : '') + told(answer));
    if (problem === null && member(answer.json, 'code') !== 'ok')
      return warning('diagnose_missing', `/ws/diagnose answered ${answer.words}`, read?.facts);
    this.diagnosis = answer;
    return read ? ok(`${read.detail}, the server takes it`, read.facts) : ok('none is asked for');
  }

  private async user(): Promise<Finding> {
    const answer = this.diagnosis;
    if (!answer) return skipped(this.drawbridge ? '/ws/diagnose did not say' : 'only Drawbridge says who one is');
    if (answer.problem !== null) throw new Fault(answer.problem, told(answer));
    const subject = clean(word(member(member(answer.json, 'user'), 'subject')) || '?');
    return ok(subject, { subject });
  }

  // --- the handshake -------------------------------------------------------------------------

  private target(): string {
    const { path, query } = this.options.address;
    if (!this.drawbridge) return path + query;
    this.attempt = `doctor-${randomBytes(9).toString('hex')}`;
    return `${path}${query ? query + '&' : '?'}attempt=${this.attempt}&client=drawbridge-doctor`;
  }

  /** Token and subprotocols; the browser's way where a page is played and the server takes it. */
  private credentials(): { authorization: string | null; subprotocols: string | null } {
    const { token, origin, protocols } = this.options;
    const auth = member(this.config, 'auth');
    const transports = member(auth, 'transports');
    const prefix = member(auth, 'bearerPrefix') === undefined ? 'drawbridge.bearer.' : word(member(auth, 'bearerPrefix'));
    const browsers =
      token !== null && origin !== null && Array.isArray(transports) && transports.includes('subprotocol');
    const named = protocols.length ? protocols.join(', ') : null;
    return {
      authorization: token === null || browsers ? null : `Bearer ${token}`,
      subprotocols: this.drawbridge ? PROTOCOL + (browsers && fitsHeader(prefix) ? `, ${prefix}${token}` : '') : named,
    };
  }

  private async http2(): Promise<Finding> {
    const { address, origin } = this.options;
    if (!address.secure) return skipped('browsers speak HTTP/2 over TLS alone');
    if (this.application !== 'h2') return skipped('the server does not offer it');
    const { until } = this;
    const found = await this.connector.secure(this.chosen, until, 'h2');
    try {
      check(found, address.host);
      const { authorization, subprotocols } = this.credentials();
      const answer = await connectHttp2(found.socket, until, address, this.target(), {
        'sec-websocket-version': '13',
        'sec-websocket-protocol': subprotocols,
        authorization,
        origin,
      });
      const facts = { connectProtocol: answer !== undefined };
      if (!answer) return ok('no WebSockets by it: browsers use HTTP/1.1 for them', facts);
      if (answer.status === 200) return ok('extended CONNECT opens a WebSocket', facts);
      const fault = refusal(answer, this.drawbridge);
      // What would refuse an upgrade, too, keeps its name.
      if (!fault.code.startsWith('upgrade_')) throw fault;
      // What HTTP/1.1 meets, too, is not for HTTP/2 to explain.
      await this.upgrade();
      throw new Fault('http2_refused', fault.detail);
    } finally {
      found.socket.destroy();
    }
  }

  private async upgrade(): Promise<Finding> {
    const { address, origin, protocols } = this.options;
    const key = randomBytes(16).toString('base64');
    const target = this.target();
    const { authorization, subprotocols } = this.credentials();
    const text = request('GET', target, address, {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': key,
      'Sec-WebSocket-Protocol': subprotocols,
      Authorization: authorization,
      Origin: origin,
    });
    this.line = await this.connector.open(this.chosen, this.until);
    const answer = await exchange(this.line, text).catch((why: unknown) => {
      const code = why instanceof Fault && { http_timeout: 'open_timeout', http_cut: 'upgrade_cut' }[why.code];
      throw code ? new Fault(code, (why as Fault).detail) : why;
    });
    if (answer.status !== 101) throw await this.recorded(refusal(answer, this.drawbridge));
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    if (
      answer.header('sec-websocket-accept') !== accept ||
      answer.header('upgrade')?.toLowerCase() !== 'websocket' ||
      answer.header('sec-websocket-extensions') !== undefined
    )
      throw new Fault('handshake_answer_invalid', '101, but its headers are not those of this handshake');
    const chosen = answer.header('sec-websocket-protocol');
    const known =
      chosen === undefined ? !this.drawbridge : this.drawbridge ? chosen === PROTOCOL : protocols.includes(chosen);
    if (!known)
      throw new Fault('subprotocol_mismatch', chosen === undefined ? 'none was chosen' : `it chose ${clean(chosen)}`);
    this.frames = new Frames(this.line);
    this.openedAt = this.heardAt = performance.now();
    const facts = { status: 101, subprotocol: chosen ?? null, attempt: this.attempt || null };
    return ok(`HTTP/1.1 101${chosen === undefined ? '' : `, ${chosen}`}`, facts);
  }

  /** What the server itself has recorded of a try that someone else has answered. */
  private async recorded(fault: Fault): Promise<Fault> {
    const { token } = this.options;
    const others = ['path_wrong', 'upgrade_refused', 'refused_by_other'].includes(fault.code);
    if (!this.drawbridge || !others || token === null) return fault;
    try {
      const target = `${this.route('diagnose')}?attempt=${this.attempt}`;
      const { json } = await this.ask('GET', target, { Authorization: `Bearer ${token}` });
      const never = member(json, 'code') === 'ok' && member(json, 'attempt') === null;
      return never ? new Fault(fault.code, `${fault.detail}; it never reached the server`) : fault;
    } catch {
      return fault;
    }
  }
}
