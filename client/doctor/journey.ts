import { isIPv4 } from 'node:net';
import { check, daysLeft, listen, reason, tlsFacts } from './connector.js';
import type { Patient } from './patient.js';
import { ok, skipped, warning, type Finding } from './report.js';
import { Fault } from './text.js';

const SOON_DAYS = 14;
const LISTEN_MS = 50;
const MOST_ADDRESSES = 8;

/** The steps to the server: its name, its addresses, TLS. */
export class Journey {
  constructor(private readonly patient: Patient) {}

  async dns(): Promise<Finding> {
    const given = this.patient.options.connectTo;
    const all = given === null ? await this.patient.connector.resolve(this.patient.until) : [given];
    const addresses = all.slice(0, MOST_ADDRESSES);
    this.patient.addresses = addresses;
    return ok(addresses.join(', ') + (given === null ? '' : ', by --connect-to'), { addresses });
  }

  async tcp(): Promise<Finding> {
    const all = this.patient.until;
    const tried: { address: string; family: string; ms: number; error: string | null }[] = [];
    for (const [i, address] of this.patient.addresses.entries()) {
      const start = performance.now();
      let error: string | null = null;
      try {
        (await this.patient.connector.connect(address, start + (all - start) / (this.patient.addresses.length - i))).destroy();
        this.patient.chosen ||= address;
      } catch (why) {
        error = reason(why);
      }
      const ms = Math.trunc(performance.now() - start);
      tried.push({ address, family: isIPv4(address) ? 'IPv4' : 'IPv6', ms, error });
    }
    const { port } = this.patient.options.address;
    const detail = tried.map(({ address, error }) => `${address} port ${port}: ${error ?? 'open'}`).join('; ');
    const errors = tried.flatMap(({ error }) => error ?? []);
    if (!this.patient.chosen)
      throw new Fault(
        errors.includes('timeout') ? 'tcp_timeout' : errors.includes('refused') ? 'tcp_refused' : 'tcp_unreachable',
        detail,
      );
    // A machine without IPv6 says nothing of the server.
    return errors.some((error) => error !== 'unreachable') ? warning('address_family_down', detail, { tried }) : ok(detail, { tried });
  }

  async tls(): Promise<Finding> {
    const { address } = this.patient.options;
    if (!address.secure) return skipped('the address is a plain one');
    const start = performance.now();
    const found = await this.patient.connector.secure(this.patient.chosen, this.patient.until, 'h2', 'http/1.1');
    try {
      check(found, address);
      // Longer than a word of the server's is on its way.
      const round = performance.now() - start;
      await listen(found, Math.min(this.patient.until, performance.now() + LISTEN_MS + round));
      this.patient.application = found.application;
      const days = found.own ? daysLeft(found.own) : 0;
      const detail = `${found.version}, certificate valid for ${days} days`;
      return days < SOON_DAYS ? warning('tls_expires_soon', detail, tlsFacts(found)) : ok(detail, tlsFacts(found));
    } finally {
      found.socket.destroy();
    }
  }
}
