package dev.drawbridge.doctor;

import dev.drawbridge.doctor.wire.Certificates;
import dev.drawbridge.doctor.wire.Connector;
import dev.drawbridge.doctor.wire.Deadline;
import dev.drawbridge.doctor.wire.Fault;
import dev.drawbridge.doctor.wire.Text;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The steps to the server: its name, its addresses, TLS. Used once, by one thread. */
final class Journey {
  private static final int MOST_ADDRESSES = 8;
  private static final long SOON_DAYS = 14;
  private static final long LISTEN_MILLIS = 50;

  private final Options options;
  private final Connector connector;
  private final Patient patient;

  Journey(Options options, Connector connector, Patient patient) {
    this.options = options;
    this.connector = connector;
    this.patient = patient;
  }

  Finding dns() throws Fault {
    InetAddress given = options.connectTo();
    List<InetAddress> all = given == null ? connector.resolve(patient.deadline) : List.of(given);
    patient.addresses = all.subList(0, Math.min(MOST_ADDRESSES, all.size()));
    List<String> words = patient.addresses.stream().map(Text::address).toList();
    String who = given == null ? "" : ", by --connect-to";
    return Finding.ok(String.join(", ", words) + who, Map.of("addresses", words));
  }

  Finding tcp() throws Fault {
    List<Map<String, Object>> tried = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    List<String> words = new ArrayList<>();
    Deadline all = patient.deadline;
    for (int i = 0; i < patient.addresses.size(); i++) {
      InetAddress each = patient.addresses.get(i);
      long start = System.nanoTime();
      String error = null;
      Deadline share = Deadline.inMillis(all.left() / (patient.addresses.size() - i) + 1);
      try {
        connector.connect(each, share).close();
        patient.chosen = patient.chosen == null ? each : patient.chosen;
      } catch (IOException e) {
        error = Connector.reason(e);
        reasons.add(error);
      }
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("address", Text.address(each));
      one.put("family", each instanceof Inet4Address ? "IPv4" : "IPv6");
      one.put("ms", (System.nanoTime() - start) / 1_000_000);
      one.put("error", error);
      tried.add(one);
      words.add(
          Text.address(each)
              + " port "
              + options.address().port()
              + ": "
              + (error == null ? "open" : error));
    }
    String detail = String.join("; ", words);
    if (patient.chosen == null) {
      String code =
          reasons.contains("timeout")
              ? "tcp_timeout"
              : reasons.contains("refused") ? "tcp_refused" : "tcp_unreachable";
      throw new Fault(code, detail);
    }
    Map<String, Object> facts = Map.of("tried", tried);
    // A machine without IPv6 says nothing of the server.
    return reasons.stream().allMatch("unreachable"::equals)
        ? Finding.ok(detail, facts)
        : Finding.warning("address_family_down", detail, facts);
  }

  Finding tls() throws Fault {
    if (!options.address().secure()) {
      return Finding.skipped("the address is a plain one");
    }
    long start = System.nanoTime();
    Connector.Secure secure =
        connector.secure(patient.server(), patient.deadline, "h2", "http/1.1");
    try {
      Certificates.check(secure, options.address());
      // Longer than a word of the server's is on its way.
      long round = (System.nanoTime() - start) / 1_000_000;
      secure.listen(patient.deadline.or(Deadline.inMillis(LISTEN_MILLIS + round)));
      patient.application = secure.application();
      Map<String, Object> facts = Certificates.facts(secure);
      long days = Certificates.daysLeft(secure.chain().get(0));
      String detail = secure.version() + ", certificate valid for " + days + " days";
      return days < SOON_DAYS
          ? Finding.warning("tls_expires_soon", detail, facts)
          : Finding.ok(detail, facts);
    } finally {
      secure.line().close();
    }
  }
}
