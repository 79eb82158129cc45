package dev.drawbridge.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.doctor.wire.Address;
import dev.drawbridge.doctor.wire.Answer;
import dev.drawbridge.doctor.wire.Certificates;
import dev.drawbridge.doctor.wire.Connector;
import dev.drawbridge.doctor.wire.Fault;
import dev.drawbridge.doctor.wire.Frames;
import dev.drawbridge.doctor.wire.Http1;
import dev.drawbridge.doctor.wire.Http2;
import dev.drawbridge.doctor.wire.Line;
import dev.drawbridge.doctor.wire.Text;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The steps that ask for a WebSocket, over HTTP/2 and HTTP/1.1. Used once, by one thread. */
final class Handshake {
  private static final String PROTOCOL = "drawbridge.v1";
  private static final String KEY_SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final Options options;
  private final Connector connector;
  private final Patient patient;
  private final Routes routes;

  Handshake(Options options, Connector connector, Patient patient, Routes routes) {
    this.options = options;
    this.connector = connector;
    this.patient = patient;
    this.routes = routes;
  }

  private String target() {
    Address address = options.address();
    if (!patient.drawbridge) {
      return address.path() + address.query();
    }
    byte[] id = new byte[9];
    new SecureRandom().nextBytes(id);
    patient.attempt = "doctor-" + HexFormat.of().formatHex(id);
    return address.path()
        + (address.query().isEmpty() ? "?" : address.query() + "&")
        + "attempt="
        + patient.attempt
        + "&client=drawbridge-doctor";
  }

  /** The browser's way where a page is played and the server takes it. */
  private boolean bySubprotocol() {
    JsonNode transports = patient.discovery.path("auth").path("transports");
    boolean offered = false;
    for (JsonNode each : transports) {
      offered |= each.asText().equals("subprotocol");
    }
    return options.token() != null && options.origin() != null && offered;
  }

  private @Nullable String subprotocols() {
    if (!patient.drawbridge) {
      return options.protocols().isEmpty() ? null : String.join(", ", options.protocols());
    }
    String prefix =
        patient.discovery.path("auth").path("bearerPrefix").asText("drawbridge.bearer.");
    return bySubprotocol() && Http1.fitsHeader(prefix)
        ? PROTOCOL + ", " + prefix + options.token()
        : PROTOCOL;
  }

  private @Nullable String authorization() {
    return options.token() == null || bySubprotocol() ? null : "Bearer " + options.token();
  }

  Finding http2() throws Fault {
    if (!options.address().secure()) {
      return Finding.skipped("browsers speak HTTP/2 over TLS alone");
    }
    if (!patient.application.equals("h2")) {
      return Finding.skipped("the server does not offer it");
    }
    Connector.Secure secure = connector.secure(patient.server(), patient.deadline, "h2");
    try (Line line = secure.line()) {
      Certificates.check(secure, options.address());
      Answer answer =
          new Http2(line)
              .connect(
                  options.address(),
                  target(),
                  "sec-websocket-version",
                  "13",
                  "sec-websocket-protocol",
                  subprotocols(),
                  "authorization",
                  authorization(),
                  "origin",
                  options.origin());
      boolean announced = answer != null;
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("connectProtocol", announced);
      if (answer == null) {
        return Finding.ok("no WebSockets by it: browsers use HTTP/1.1 for them", facts);
      }
      if (answer.status() == 200) {
        return Finding.ok("extended CONNECT opens a WebSocket", facts);
      }
      Fault fault = Refusals.overHttp2(answer, patient.drawbridge, options);
      throw fault.code().equals("http2_refused") ? byHttp1(fault) : placed(fault);
    }
  }

  /** What HTTP/1.1 meets, too, is not for HTTP/2 to explain. */
  private Fault byHttp1(Fault fault) {
    try {
      upgrade();
      return fault;
    } catch (Fault other) {
      return other;
    }
  }

  /** With the right address where the one that was given is wrong. */
  private Fault placed(Fault fault) {
    boolean search = fault.code().equals("path_wrong") && !patient.drawbridge;
    return search ? fault.and(routes.elsewhere()) : fault;
  }

  Finding upgrade() throws Fault {
    byte[] nonce = new byte[16];
    new SecureRandom().nextBytes(nonce);
    String key = Base64.getEncoder().encodeToString(nonce);
    String target = target();
    String offered = subprotocols();
    String request =
        Http1.upgrade(
            target,
            options.address(),
            key,
            "Sec-WebSocket-Protocol",
            offered,
            "Authorization",
            authorization(),
            "Origin",
            options.origin());
    Line line = connector.open(patient.server(), patient.deadline);
    patient.line = line;
    Answer answer;
    try {
      answer = Http1.exchange(line, request);
    } catch (Fault fault) {
      throw switch (fault.code()) {
        case "http_timeout" -> new Fault("open_timeout", fault.detail());
        case "http_cut" -> {
          Fault cut = Refusals.cut(fault, options);
          yield cut == fault ? new Fault("upgrade_cut", fault.detail()) : cut;
        }
        default -> fault;
      };
    }
    if (answer.status() != 101) {
      throw recorded(placed(Refusals.of(answer, patient.drawbridge, options)));
    }
    String strange = strange(answer, key);
    if (!strange.isEmpty()) {
      throw new Fault("handshake_answer_invalid", "101, but " + strange);
    }
    String chosen = answer.header("sec-websocket-protocol");
    boolean known =
        chosen == null
            ? offered == null
            : patient.drawbridge ? chosen.equals(PROTOCOL) : options.protocols().contains(chosen);
    if (!known) {
      throw new Fault(
          "subprotocol_mismatch",
          chosen == null ? "none was chosen" : "it chose " + Text.clean(chosen));
    }
    String coding = answer.header("transfer-encoding");
    patient.frames =
        new Frames(
            line, coding == null ? "" : "the 101 has Transfer-Encoding " + Text.clean(coding));
    patient.openedAt = System.nanoTime();
    patient.heardAt = patient.openedAt;
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("status", answer.status());
    facts.put("subprotocol", chosen);
    facts.put("attempt", patient.attempt.isEmpty() ? null : patient.attempt);
    return Finding.ok("HTTP/1.1 101" + (chosen == null ? "" : ", " + chosen), facts);
  }

  /** What browsers do not take in a 101, RFC 6455 section 4.1; empty for nothing. */
  private static String strange(Answer answer, String key) {
    String upgrade = answer.header("upgrade");
    String connection = answer.header("connection");
    String accept = answer.header("sec-websocket-accept");
    String extensions = answer.header("sec-websocket-extensions");
    if (upgrade == null || !upgrade.equalsIgnoreCase("websocket")) {
      return upgrade == null ? "Upgrade is missing" : "Upgrade is " + Text.clean(upgrade);
    }
    if (connection == null || !connection.toLowerCase(Locale.ROOT).contains("upgrade")) {
      return connection == null
          ? "Connection is missing"
          : "Connection is " + Text.clean(connection);
    }
    if (!accept(key).equals(accept)) {
      return accept == null
          ? "Sec-WebSocket-Accept is missing"
          : "Sec-WebSocket-Accept is that of another key";
    }
    return extensions == null
        ? ""
        : "Sec-WebSocket-Extensions was not offered and is " + Text.clean(extensions);
  }

  /** What the server itself has recorded of a try that someone else has answered. */
  private Fault recorded(Fault fault) {
    boolean others =
        fault.code().equals("path_wrong")
            || fault.code().equals("upgrade_refused")
            || fault.code().equals("refused_by_other");
    if (!patient.drawbridge || !others || options.token() == null) {
      return fault;
    }
    try {
      Answer answer =
          routes.ask(
              "GET",
              routes.route("diagnose", "diagnose") + "?attempt=" + patient.attempt,
              "Authorization",
              "Bearer " + options.token());
      JsonNode attempt = answer.json().path("attempt");
      boolean never = answer.json().path("code").asText().equals("ok") && attempt.isNull();
      return never ? fault.and("it never reached the server") : fault;
    } catch (Fault other) {
      return fault;
    }
  }

  private static String accept(String key) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      byte[] hash = digest.digest((key + KEY_SALT).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(hash);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
