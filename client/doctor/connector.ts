import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates, type TLSSocket } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { alertOf, clientCertificate, noCertificate } from './alerts.js';
import { Line } from './line.js';
import { UsageError, type Address } from './options.js';
import { clean, Fault } from './text.js';

/** What TLS has agreed on. */
export interface Secure {
  readonly socket: TLSSocket;
  readonly own: X509Certificate | undefined;
  readonly chain: readonly X509Certificate[];
  /** Why no authority stands behind them; empty when one does. */
  readonly untrusted: string;
  readonly version: string;
  /** By ALPN; empty without one. */
  readonly application: string;
}

const within = async <T>(work: Promise<T>, until: number, late: () => Fault): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(late()), Math.max(0, until - performance.now()));
  });
  return Promise.race([work, end]).finally(() => clearTimeout(timer));
};

/** A word for a connection that failed. */
export const reason = (failure: unknown): string => {
  const code = String((failure as NodeJS.ErrnoException).code);
  if (failure instanceof Fault || code === 'ETIMEDOUT') return 'timeout';
  if (code === 'ECONNREFUSED') return 'refused';
  // The last two: a machine, or a container, without this family of addresses.
  return /UNREACH|EADDRNOTAVAIL|EAFNOSUPPORT/.test(code) ? 'unreachable' : 'failed';
};

/** Ways to the server: names, sockets, TLS. */
export class Connector {
  private readonly authorities: readonly string[] | undefined;

  constructor(
    private readonly address: Address,
    caFile: string | null,
  ) {
    if (caFile === null) return;
    try {
      const pem = readFileSync(caFile, 'utf8');
      const all = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
      if (!all.length) throw new UsageError();
      for (const each of all) new X509Certificate(each);
      this.authorities = [...rootCertificates, pem];
    } catch {
      throw new UsageError('--ca-file must hold certificates in PEM');
    }
  }

  async resolve(until: number): Promise<string[]> {
    const { host } = this.address;
    try {
      const asked = lookup(host, { all: true, verbatim: true });
      const found = await within(asked, until, () => new Fault('dns_timeout', `${host} is not answered for`));
      return found.map(({ address }) => address);
    } catch (why) {
      if (why instanceof Fault) throw why;
      throw (why as NodeJS.ErrnoException).code === 'EAI_AGAIN'
        ? new Fault('dns_timeout', `${host} cannot be asked for now`)
        : new Fault('dns_failed', `${host} is not known`);
    }
  }

  /** A connected socket; `reason` names why not. */
  async connect(to: string, until: number): Promise<Socket> {
    const socket = connect({ host: to, port: this.address.port, noDelay: true });
    try {
      const open = new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail));
      await within(open, until, () => new Fault('tcp_timeout', 'no answer'));
      return socket;
    } catch (why) {
      socket.on('error', () => {}).destroy();
      throw why;
    }
  }

  /** A line over TLS, whose certificates are still to be judged. */
  async secure(to: string, until: number, ...applications: string[]): Promise<Secure> {
    let plain: Socket | undefined;
    // With TLS 1.2 keys are agreed on when the server has said all, so what it refuses then is the client itself.
    let keys = false;
    try {
      plain = await this.connect(to, until);
      const socket: TLSSocket = connectTls({
        socket: plain,
        // Judged by `check`, which names what is wrong.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        ALPNProtocols: applications,
        ...(isIP(this.address.host) ? {} : { servername: this.address.serverName }),
        ...(this.authorities ? { ca: [...this.authorities] } : {}),
      });
      socket.on('keylog', (line) => (keys ||= line.toString().startsWith('CLIENT_RANDOM')));
      const agreed = new Promise<void>((done, fail) =>
        socket
          .once('secureConnect', done)
          .once('error', fail)
          .once('close', () => fail(new Error('closed')))
          .once('end', () => fail(new Error('closed'))),
      );
      await within(agreed, until, () => new Fault('tls_timeout', 'nothing of TLS came'));
      socket.on('error', () => {});
      const own = socket.getPeerX509Certificate();
      const chain: X509Certificate[] = [];
      for (let each = own; each && chain.length < 10; each = each.issuerCertificate)
        if (!chain.some(({ fingerprint256 }) => fingerprint256 === each?.fingerprint256)) chain.push(each);
        else break;
      return {
        socket,
        own,
        chain,
        untrusted: socket.authorized ? '' : String(socket.authorizationError ?? 'UNTRUSTED'),
        version: socket.getProtocol() ?? '',
        application: socket.alpnProtocol || '',
      };
    } catch (why) {
      plain?.on('error', () => {}).destroy();
      const fault = why instanceof Fault ? why : tlsFault(why);
      throw keys && fault.code === 'tls_failed' ? noCertificate() : fault;
    }
  }

  /** A line as the address wants it, with certificates that were judged to be good. */
  async open(to: string, until: number): Promise<Line> {
    if (this.address.secure) {
      const secure = await this.secure(to, until, 'http/1.1');
      try {
        check(secure, this.address);
      } catch (why) {
        secure.socket.destroy();
        throw why;
      }
      return new Line(secure.socket, until);
    }
    try {
      return new Line(await this.connect(to, until), until);
    } catch (why) {
      throw new Fault(`tcp_${reason(why).replace('failed', 'unreachable')}`, 'the port is gone');
    }
  }
}

const tlsFault = (failure: unknown): Fault => {
  const { code = '', message } = failure as NodeJS.ErrnoException;
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LENGTH|HTTP_REQUEST|UNKNOWN_PROTOCOL|UNEXPECTED_MESSAGE/.test(code))
    return new Fault('tls_plain', 'it answers without TLS');
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code))
    return new Fault('tls_protocol', 'it speaks versions of TLS that are too old');
  if (/^E(CONN|PIPE)/.test(code) || message === 'closed' || /disconnected/.test(message))
    return new Fault('tls_failed', 'it closes during the handshake');
  const refusal = clientCertificate(failure);
  if (refusal) return refusal;
  const alert = alertOf(failure);
  return new Fault('tls_failed', alert ? `it answers with the alert ${alert}` : clean(message.replace(/:\.\..*$/s, '').replace(/^.*:/s, '')));
};

const names = (certificate: X509Certificate): string[] =>
  [...(certificate.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, name]) =>
    clean(name as string),
  );

const oneLine = (name: string): string => clean(name.split('\n').reverse().join(','));

export const daysLeft = (certificate: X509Certificate): number =>
  Math.floor((Date.parse(certificate.validTo) - Date.now()) / 86_400_000);

/**
 * Waits for what TLS 1.3 lets a server say behind a handshake that was well for the client: that it wants a
 * certificate.
 *
 * @throws Fault `tls_client_certificate`
 */
export const listen = ({ socket }: Secure, until: number): Promise<void> =>
  new Promise((done, fail) => {
    const timer = setTimeout(done, Math.max(0, until - performance.now()));
    const end = (failure?: unknown) => {
      clearTimeout(timer);
      const refusal = clientCertificate(failure);
      if (refusal) fail(refusal);
      else done();
    };
    socket.once('data', () => end()).once('end', () => end()).once('error', end);
  });

/** Judges a server's certificates: dates, name, authority, in this order. */
export function check({ own, chain, untrusted }: Secure, { host, serverName }: Address): void {
  if (!own) throw new Fault('tls_failed', 'it shows no certificate');
  const iso = (date: string) => new Date(date).toISOString().replace('.000', '');
  // Who reads of dates has to know by which clock.
  const clock = `; the clock here says ${new Date().toISOString().replace(/\.\d+/, '')}`;
  // Dates of the others count where no authority is found: one that nobody needs may be old.
  chain.slice(0, untrusted ? chain.length : 1).forEach((each, i) => {
    const which = i === 0 ? 'the certificate' : `certificate ${i + 1} of the chain`;
    if (Date.parse(each.validTo) < Date.now())
      throw new Fault('tls_expired', `${which} has expired at ${iso(each.validTo)}${clock}`);
    if (Date.parse(each.validFrom) > Date.now())
      throw new Fault('tls_not_yet_valid', `${which} is valid from ${iso(each.validFrom)}${clock}`);
  });
  const bears = isIP(host) ? own.checkIP(host) : own.checkHost(serverName, { subject: 'never', partialWildcards: false });
  const asked = isIP(host) ? 'an address was asked for, not a name' : `${serverName} was asked for`;
  if (!bears) throw new Fault('tls_name_mismatch', `it is for ${clean(names(own).join(', '))}; ${asked}`);
  if (untrusted) {
    const sent = chain.length === 1 ? 'and nothing but it was sent' : `chain of ${chain.length}`;
    throw new Fault(
      'tls_untrusted',
      own.issuer === own.subject ? 'it is self-signed' : `its issuer is ${oneLine(own.issuer)}, ${sent}`,
    );
  }
}

/** What a certificate is, for the report. */
export const tlsFacts = ({ own, chain, version, application }: Secure): Record<string, unknown> => ({
  version,
  alpn: application,
  ...(own && {
    names: names(own).slice(0, 10),
    issuer: oneLine(own.issuer),
    notAfter: new Date(own.validTo).toISOString().replace('.000', ''),
    daysLeft: daysLeft(own),
    chain: chain.length,
  }),
});
