import { advice } from './advice.js';
import { exchange, request, upgrade, type Answer } from './http1.js';
import type { Line } from './line.js';
import type { Patient } from './patient.js';
import { cutBy, problemOf, tokenTooLarge, tooLarge, unreachable } from './refusals.js';
import { ok, skipped, warning, type Finding } from './report.js';
import { clean, Fault, fitsHeader, member, time, word } from './text.js';
import { readToken } from './token.js';

const LEEWAY_MS = 30_000;
/** For what is asked beside a step. */
const GLANCE_MS = 2_000;

/** What a browser would not find in the answers; empty when it finds all. */
const corsMissing = (simple: Answer, asked: Answer, origin: string): string => {
  const allows = (answer: Answer) => [origin, '*'].includes(answer.header('access-control-allow-origin') ?? '');
  const shown = (method: string, answer: Answer, header: string) => {
    const value = answer.header(header);
    return `${method} answered ${answer.words}, ${header} ${value === undefined ? 'is missing' : `is ${clean(value)}`}`;
  };
  if (!allows(simple)) return shown('GET', simple, 'access-control-allow-origin');
  if (asked.status < 200 || asked.status > 299) return `OPTIONS answered ${asked.words}`;
  if (!allows(asked)) return shown('OPTIONS', asked, 'access-control-allow-origin');
  return /authorization/i.test(asked.header('access-control-allow-headers') ?? '')
    ? ''
    : shown('OPTIONS', asked, 'access-control-allow-headers');
};

/** The steps at the routes beside the handshake. */
export class Routes {
  constructor(private readonly patient: Patient) {}

  /** One answer on a line of its own, within the time of the step or less. */
  async ask(
    method: string,
    target: string,
    headers: Record<string, string | null> = {},
    until = this.patient.until,
  ): Promise<Answer> {
    const line = await this.patient.connector.open(this.patient.chosen, until);
    try {
      const all = { ...headers, Accept: 'application/json', Connection: 'close' };
      return await exchange(line, request(method, target, this.patient.options.address, all));
    } finally {
      line.close();
    }
  }

  /** The path of a route beside the endpoint: `/ws/config`. */
  private beside(name: string): string {
    return `${this.patient.options.address.path.replace(/\/+$/, '')}/${name}`;
  }

  async discovery(): Promise<Finding> {
    const { origin } = this.patient.options;
    const target = this.beside('config');
    const asked = Date.now();
    let answer: Answer;
    try {
      answer = await this.firstAnswer(target);
    } catch (why) {
      if (!(why instanceof Fault) || !(await this.answersUpgrades(why))) throw why;
      const facts = { status: null, clockOffsetMs: 0 };
      return warning('discovery_missing', `${target}: ${why.detail}; upgrades are answered`, facts);
    }
    if (answer.problem === 'origin_required' && origin !== null) answer = await this.ask('GET', target, { Origin: origin });
    const middle = Math.floor((asked + Date.now()) / 2);
    const { problem, json } = answer;
    if (problem !== null) {
      this.patient.drawbridge = true;
      if (problem === 'not_found')
        throw new Fault('path_wrong', `Drawbridge answered ${answer.words}`).and(await this.elsewhere());
      if (advice(problem)?.kind === 'token') throw new Fault('discovery_guarded', `${target} answered ${problem}`);
      throw this.told(answer);
    }
    const { cached } = answer;
    if (!cached) this.clock(answer, json, middle);
    const facts: Record<string, unknown> = { status: answer.status, clockOffsetMs: this.patient.clockOffsetMs };
    if (answer.status === 200 && member(json, 'configVersion') === 1) {
      this.patient.drawbridge = true;
      this.patient.config = json;
      const draining = member(json, 'status') === 'draining';
      const mode = clean(word(member(json, 'mode')) || '?');
      Object.assign(facts, { mode, draining });
      const detail = `Drawbridge, mode ${mode}`;
      if (draining) return warning('draining', detail, facts);
      if (cached) return warning('discovery_cached', `${detail}, from a cache`, facts);
      const apart = `the server's clock is ${time(this.patient.clockOffsetMs)} ${this.patient.clockOffsetMs > 0 ? 'ahead' : 'behind'}`;
      return Math.abs(this.patient.clockOffsetMs) > LEEWAY_MS ? warning('clock_apart', apart, facts) : ok(detail, facts);
    }
    const detail = `${target} answered ${answer.words}`;
    if (answer.status !== 503 && unreachable(answer.status)) throw new Fault('server_unreachable', detail);
    return answer.redirect
      ? warning('redirected', `${detail} to ${answer.redirect}`, facts)
      : warning('discovery_missing', detail, facts);
  }

  /** The first request: it meets a port that speaks TLS, or no HTTP at all. */
  private async firstAnswer(target: string): Promise<Answer> {
    const { secure } = this.patient.options.address;
    try {
      // The rest of the time is for who answers nothing but upgrades.
      const now = performance.now();
      const answer = await this.ask('GET', target, {}, now + (this.patient.until - now) * 0.75);
      const wantsCertificate = /SSL certificate was sent|SSL certificate error/;
      if (answer.status === 400 && wantsCertificate.test(answer.text)) throw new Fault('tls_client_certificate', 'it says so');
      const wanted = /HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|requires TLS/;
      if (!secure && answer.status === 400 && wanted.test(answer.text)) throw new Fault('tls_expected', 'it says so');
      return answer;
    } catch (why) {
      if (why instanceof Fault && why.code === 'http_cut' && !secure && (await this.speaksTls()))
        throw new Fault('tls_expected', 'closed without an answer; a TLS handshake succeeds there');
      throw why;
    }
  }

  /** Servers that know nothing but WebSockets leave other requests without an answer. */
  private async answersUpgrades({ code }: Fault): Promise<boolean> {
    if (code !== 'http_timeout' && code !== 'http_cut') return false;
    const { address, protocols, origin } = this.patient.options;
    const text = upgrade(address.path + address.query, address, 'ZHJhd2JyaWRnZS1kb2N0bw==', {
      'Sec-WebSocket-Protocol': protocols.length ? protocols.join(', ') : null,
      Origin: origin,
    });
    let line: Line | undefined;
    try {
      line = await this.patient.connector.open(this.patient.chosen, this.patient.until);
      await exchange(line, text);
      return true;
    } catch {
      return false;
    } finally {
      line?.close();
    }
  }

  private async speaksTls(): Promise<boolean> {
    const until = Math.min(this.patient.until, performance.now() + GLANCE_MS);
    return this.patient.connector.secure(this.patient.chosen, until, 'http/1.1').then(
      ({ socket }) => {
        socket.destroy();
        return true;
      },
      () => false,
    );
  }

  /**
   * Where Drawbridge is, when it is not at the address; an address of the page's is often given in place of the
   * endpoint's. In words; empty where it is not found either.
   */
  async elsewhere(): Promise<string> {
    const { address, origin } = this.patient.options;
    for (const place of [`${address.path.replace(/\/+$/, '')}/ws`, '/ws']) {
      if (place === address.path) continue;
      try {
        const glance = Math.min(this.patient.until, performance.now() + GLANCE_MS);
        const answer = await this.ask('GET', `${place}/config`, { Origin: origin }, glance);
        if (answer.problem !== null || Number.isInteger(member(answer.json, 'configVersion')))
          return `Drawbridge answers at ${clean(place)}`;
      } catch {
        // Then it is not there.
      }
    }
    return '';
  }

  /** A refusal of Drawbridge's, which the answer is. */
  private told(answer: Answer): Fault {
    return problemOf(answer, this.patient.options) ?? new Fault('internal', answer.words);
  }

  private clock(answer: Answer, json: unknown, middle: number): void {
    const told = member(json, 'serverTime');
    // A date is to the second, rounded down.
    const server = typeof told === 'number' && told ? told : Date.parse(answer.header('date') ?? '') + 500;
    this.patient.clockOffsetMs = Number.isFinite(server) ? server - middle : 0;
  }

  /** A relative reference of the discovery document, resolved to a path of this server. */
  route(name: string): string {
    const reference = word(member(this.patient.config, name));
    try {
      const found = new URL(reference, `http://h${this.beside('config')}`);
      return reference && found.hostname === 'h' ? found.pathname : this.beside(name);
    } catch {
      return this.beside(name);
    }
  }

  async preflight(): Promise<Finding> {
    const { origin } = this.patient.options;
    if (origin === null) return skipped('no --origin was given');
    if (!this.patient.drawbridge) return skipped('only Drawbridge has routes that pages ask');
    const simple = await this.ask('GET', this.beside('config'), { Origin: origin });
    if (simple.problem !== null) throw this.told(simple);
    if (member(member(simple.json, 'origin'), 'allowed') === false)
      throw new Fault('origin_denied', 'the discovery document says that it is not allowed');
    const asked = await this.ask('OPTIONS', this.route('diagnose'), {
      Origin: origin,
      'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'authorization',
    });
    if (asked.problem !== null) throw this.told(asked);
    const allowed = asked.header('access-control-allow-origin');
    const headers = asked.header('access-control-allow-headers');
    const facts = {
      status: asked.status,
      allowOrigin: allowed === undefined ? null : clean(allowed),
      allowHeaders: headers === undefined ? null : clean(headers),
    };
    const missing = corsMissing(simple, asked, origin);
    // Pages of the server itself need none of it.
    return !missing || origin === this.patient.options.address.origin
      ? ok(`${clean(origin)} is allowed`, facts)
      : warning('cors_missing', missing, facts);
  }

  async token(): Promise<Finding> {
    const { token, origin } = this.patient.options;
    const read = token === null ? null : readToken(token, Date.now() + this.patient.clockOffsetMs);
    if (!this.patient.drawbridge && !read) return skipped('no token was given');
    if (read && !fitsHeader(token as string)) throw new Fault('token_malformed', read.detail);
    if (!this.patient.drawbridge)
      return read?.code ? warning(read.code, read.detail, read.facts) : ok(read?.detail ?? '', read?.facts);
    const answer = await this.ask('GET', this.route('diagnose'), {
      Authorization: token === null ? null : `Bearer ${token}`,
      Origin: origin,
    }).catch((why: unknown) => {
      throw cutBy(why, this.patient.options);
    });
    const { problem } = answer;
    // Those of the user come when the token was found to be good.
    if (problem !== null && advice(problem)?.kind !== 'user' && problem !== 'auth_unavailable') {
      const fault = this.told(answer);
      throw read && problem === read.code ? new Fault(problem, `${read.detail}; ${fault.detail}`) : fault;
    }
    if (problem === null && tooLarge(answer, this.patient.options))
      throw tokenTooLarge(`answered ${answer.words}`, this.patient.options);
    if (problem === null && member(answer.json, 'code') !== 'ok')
      return warning('diagnose_missing', `/ws/diagnose answered ${answer.words}`, read?.facts);
    this.patient.diagnosis = answer;
    return read ? ok(`${read.detail}, the server takes it`, read.facts) : ok('none is asked for');
  }

  async user(): Promise<Finding> {
    const answer = this.patient.diagnosis;
    if (!answer) return skipped(this.patient.drawbridge ? '/ws/diagnose did not say' : 'only Drawbridge says who one is');
    if (answer.problem !== null) throw this.told(answer);
    const subject = clean(word(member(member(answer.json, 'user'), 'subject')) || '?');
    return ok(subject, { subject });
  }
}
