// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { cutter } from '../doctor/advice.js';
import { alertOf, clientCertificate } from '../doctor/alerts.js';
import { hider } from '../doctor/secrets.js';

describe('whose limit a cut is', () => {
  // AdviceTest of the module `doctor` has the same table.
  it.each([
    [60_100, 60_050, '60 s is the limit of nginx'],
    [310_000, 60_900, '60 s is the limit of nginx'],
    [30_200, 5_000, '30 s is the limit of Google'],
    [100_400, 100_300, '100 s is the limit of Cloudflare'],
    [351_000, 350_100, '350 s is the limit of AWS'],
    [60_000, 20_000, ''],
    [5_000, 4_900, ''],
    [45_000, 100, 'it was not idle'],
    [2_000, 100, ''],
  ])('after %i ms, %i ms of them silent: %s', (open, silent, told) => {
    expect(cutter(open, silent).slice(0, told.length || undefined)).toBe(told);
  });
});

describe('alerts of TLS', () => {
  it.each([
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'certificate_required'],
    ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'unrecognized_name'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'bad_certificate'],
    ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE', 'handshake_failure'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'protocol_version'],
  ])('%s is %s', (code, alert) => {
    expect(alertOf({ code, message: 'SSL alert number 1' })).toBe(alert);
  });

  it('are none where a connection is reset', () => {
    expect(alertOf({ code: 'ECONNRESET', message: 'read ECONNRESET' })).toBe('');
    expect(clientCertificate(undefined)).toBeUndefined();
  });
});

describe('secrets', () => {
  it('are hidden, also where their end was cut off, and in lists', () => {
    const hide = hider('s3cr3t-0123456789', '?a=1&key=x%2Fy-0123456789abc');

    expect(hide('it is s3cr3t-01234..., and x/y-0123456789abc')).toBe('it is [secret], and [secret]');
    expect(hide(['s3cr3t-0123456789', 7])).toEqual(['[secret]', 7]);
    expect(hide('a=1 drawbridge')).toBe('a=1 drawbridge');
  });

  it('are none where they are short', () => {
    expect(hider('abc', '?drawbridge')('abc drawbridge')).toBe('abc drawbridge');
  });
});
