package dev.drawbridge.doctor.wire;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Judges a server's certificates: dates, name, authority, in this order. */
public final class Certificates {
  private static final int DNS_NAME = 2;
  private static final int IP_ADDRESS = 7;
  private static final int MOST_NAMES = 10;
  private static final long DAY_MILLIS = 86_400_000;

  private Certificates() {}

  /**
   * @throws Fault {@code tls_expired tls_not_yet_valid tls_name_mismatch tls_untrusted tls_failed}
   */
  public static void check(Connector.Secure secure, Address address) throws Fault {
    List<X509Certificate> chain = secure.chain();
    if (chain.isEmpty()) {
      throw new Fault("tls_failed", "it shows no certificate");
    }
    Instant now = Instant.now();
    // Dates of the others count where no authority is found: one that nobody needs may be old.
    int judged = secure.untrusted() == null ? 1 : chain.size();
    for (int i = 0; i < judged; i++) {
      X509Certificate each = chain.get(i);
      String which = i == 0 ? "the certificate" : "certificate " + (i + 1) + " of the chain";
      if (each.getNotAfter().toInstant().isBefore(now)) {
        throw new Fault(
            "tls_expired",
            which + " has expired at " + each.getNotAfter().toInstant() + clock(now));
      }
      if (each.getNotBefore().toInstant().isAfter(now)) {
        throw new Fault(
            "tls_not_yet_valid",
            which + " is valid from " + each.getNotBefore().toInstant() + clock(now));
      }
    }
    X509Certificate own = chain.get(0);
    if (!bears(own, address)) {
      throw new Fault(
          "tls_name_mismatch",
          "it is for " + Text.clean(String.join(", ", names(own))) + asked(address));
    }
    if (secure.untrusted() != null) {
      boolean selfSigned = own.getIssuerX500Principal().equals(own.getSubjectX500Principal());
      throw new Fault(
          "tls_untrusted",
          selfSigned
              ? "it is self-signed"
              : "its issuer is "
                  + Text.clean(own.getIssuerX500Principal().getName())
                  + (chain.size() == 1
                      ? ", and nothing but it was sent"
                      : ", chain of " + chain.size()));
    }
  }

  /** Who reads of dates has to know by which clock. */
  private static String clock(Instant now) {
    return "; the clock here says " + now.truncatedTo(ChronoUnit.SECONDS);
  }

  private static String asked(Address address) {
    return address.literal()
        ? "; an address was asked for, not a name"
        : "; " + address.serverName() + " was asked for";
  }

  /** What a certificate is, for the report. */
  public static Map<String, Object> facts(Connector.Secure secure) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("version", secure.version());
    facts.put("alpn", secure.application());
    if (!secure.chain().isEmpty()) {
      X509Certificate own = secure.chain().get(0);
      facts.put("names", names(own).stream().limit(MOST_NAMES).map(Text::clean).toList());
      facts.put("issuer", Text.clean(own.getIssuerX500Principal().getName()));
      facts.put("notAfter", own.getNotAfter().toInstant().toString());
      facts.put("daysLeft", daysLeft(own));
      facts.put("chain", secure.chain().size());
    }
    return facts;
  }

  public static long daysLeft(X509Certificate certificate) {
    return Math.floorDiv(
        certificate.getNotAfter().toInstant().toEpochMilli() - System.currentTimeMillis(),
        DAY_MILLIS);
  }

  /** RFC 9525: subject alternative names alone, one wildcard as the whole first label. */
  private static boolean bears(X509Certificate certificate, Address address) {
    String host = address.serverName();
    for (String name : names(certificate)) {
      String wanted = name.toLowerCase(Locale.ROOT);
      if (address.literal()) {
        if (sameAddress(wanted, host)) {
          return true;
        }
      } else if (wanted.equals(host)) {
        return true;
      } else if (wanted.startsWith("*.") && host.indexOf('.') > 0) {
        if (host.substring(host.indexOf('.')).equals(wanted.substring(1))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Of two literals; nothing is asked of DNS. */
  private static boolean sameAddress(String name, String host) {
    if (!name.matches("[0-9a-f.:]+")) {
      return false;
    }
    try {
      return InetAddress.getByName(name).equals(InetAddress.getByName(host));
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static List<String> names(X509Certificate certificate) {
    List<String> names = new ArrayList<>();
    try {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      if (all != null) {
        for (List<?> each : all) {
          boolean named = each.get(0).equals(DNS_NAME) || each.get(0).equals(IP_ADDRESS);
          if (named) {
            names.add(String.valueOf(each.get(1)));
          }
        }
      }
    } catch (CertificateParsingException e) {
      // Then it bears no name.
    }
    return names;
  }
}
