import { Fault } from './text.js';

/** Alerts about the client's certificate, of which there is none; RFC 8446 section 6.2. */
const WANTS_CERTIFICATE = [
  'bad_certificate',
  'certificate_required',
  'certificate_unknown',
  'no_certificate',
  'unsupported_certificate',
];

/** The alert of TLS by its name in the standard; empty for any other failure. */
export const alertOf = (failure: unknown): string => {
  const { code = '', message = '' } = (failure ?? {}) as { code?: string; message?: string };
  if (!/alert/i.test(code + message)) return '';
  return String(code)
    .replace(/^ERR_SSL_(?:(?:TLSV1|TLSV13|SSLV3|SSL\/TLS)_)?(?:ALERT_)?/, '')
    .toLowerCase();
};

export const noCertificate = (): Fault =>
  new Fault('tls_client_certificate', 'it asks for one, and ends the connection without');

/** What a server says to whom it wants a certificate from; undefined for any other failure. */
export const clientCertificate = (failure: unknown): Fault | undefined => {
  return WANTS_CERTIFICATE.includes(alertOf(failure)) ? noCertificate() : undefined;
};
