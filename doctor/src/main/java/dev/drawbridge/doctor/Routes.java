package dev.drawbridge.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.doctor.wire.Address;
import dev.drawbridge.doctor.wire.Answer;
import dev.drawbridge.doctor.wire.Connector;
import dev.drawbridge.doctor.wire.Deadline;
import dev.drawbridge.doctor.wire.Fault;
import dev.drawbridge.doctor.wire.Http1;
import dev.drawbridge.doctor.wire.Line;
import dev.drawbridge.doctor.wire.Text;
import java.net.URI;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The steps at the routes beside the handshake. Used once, by one thread. */
final class Routes {
  /** Differences of clocks that the server forgives in a token by default. */
  private static final long LEEWAY_MILLIS = 30_000;

  /** For what is asked beside a step. */
  private static final Duration GLANCE = Duration.ofSeconds(2);

  private final Options options;
  private final Connector connector;
  private final Patient patient;

  Routes(Options options, Connector connector, Patient patient) {
    this.options = options;
    this.connector = connector;
    this.patient = patient;
  }

  /** One answer on a line of its own, within the time of the step. */
  Answer ask(String method, String target, @Nullable String... headers) throws Fault {
    return ask(patient.deadline, method, target, headers);
  }

  private Answer ask(Deadline deadline, String method, String target, @Nullable String... headers)
      throws Fault {
    @Nullable String[] all = new @Nullable String[headers.length + 4];
    System.arraycopy(headers, 0, all, 0, headers.length);
    all[headers.length] = "Accept";
    all[headers.length + 1] = "application/json";
    all[headers.length + 2] = "Connection";
    all[headers.length + 3] = "close";
    try (Line line = connector.open(patient.server(), deadline)) {
      return Http1.exchange(line, Http1.request(method, target, options.address(), all));
    }
  }

  Finding discovery() throws Fault {
    String target = options.address().route("config");
    long asked = System.currentTimeMillis();
    Answer answer;
    try {
      answer = firstAnswer(target);
    } catch (Fault fault) {
      if (!answersUpgrades(fault)) {
        throw fault;
      }
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("status", null);
      facts.put("clockOffsetMs", 0);
      return Finding.warning(
          "discovery_missing", target + ": " + fault.detail() + "; upgrades are answered", facts);
    }
    if ("origin_required".equals(answer.problem()) && options.origin() != null) {
      answer = ask("GET", target, "Origin", options.origin());
    }
    long middle = (asked + System.currentTimeMillis()) / 2;
    String problem = answer.problem();
    if (problem != null) {
      patient.drawbridge = true;
      if (problem.equals("not_found")) {
        throw new Fault("path_wrong", "Drawbridge answered " + answer.words()).and(elsewhere());
      }
      if ("token".equals(Advice.kind(problem))) {
        throw new Fault("discovery_guarded", target + " answered " + problem);
      }
      throw told(answer);
    }
    JsonNode json = answer.json();
    boolean cached = answer.cached();
    if (!cached) {
      clock(answer, json, middle);
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("status", answer.status());
    facts.put("clockOffsetMs", patient.clockOffsetMillis);
    if (answer.status() == 200 && json.path("configVersion").asInt() == 1) {
      patient.drawbridge = true;
      patient.discovery = json;
      String mode = Text.clean(json.path("mode").asText("?"));
      facts.put("mode", mode);
      facts.put("draining", json.path("status").asText().equals("draining"));
      String detail = "Drawbridge, mode " + mode;
      if (json.path("status").asText().equals("draining")) {
        return Finding.warning("draining", detail, facts);
      }
      if (cached) {
        return Finding.warning("discovery_cached", detail + ", from a cache", facts);
      }
      return Math.abs(patient.clockOffsetMillis) > LEEWAY_MILLIS
          ? Finding.warning(
              "clock_apart",
              "the server's clock is "
                  + Text.time(patient.clockOffsetMillis)
                  + (patient.clockOffsetMillis > 0 ? " ahead" : " behind"),
              facts)
          : Finding.ok(detail, facts);
    }
    if (answer.status() != 503 && Refusals.unreachable(answer.status())) {
      throw new Fault("server_unreachable", target + " answered " + answer.words());
    }
    String detail = target + " answered " + answer.words();
    return answer.redirect().isEmpty()
        ? Finding.warning("discovery_missing", detail, facts)
        : Finding.warning("redirected", detail + " to " + answer.redirect(), facts);
  }

  /** The first request: it meets a port that speaks TLS, or no HTTP at all. */
  private Answer firstAnswer(String target) throws Fault {
    try {
      // The rest of the time is for who answers nothing but upgrades.
      Deadline most = Deadline.inMillis(patient.deadline.left() * 3L / 4);
      Answer answer = ask(most, "GET", target);
      String text = answer.status() == 400 ? answer.text() : "";
      if (text.contains("SSL certificate was sent") || text.contains("SSL certificate error")) {
        throw new Fault("tls_client_certificate", "it says so");
      }
      if (!options.address().secure()
          && (text.contains("HTTP request was sent to HTTPS port")
              || text.contains("HTTP request to an HTTPS server")
              || text.contains("requires TLS"))) {
        throw new Fault("tls_expected", "it says so");
      }
      return answer;
    } catch (Fault fault) {
      if (fault.code().equals("http_cut") && !options.address().secure() && speaksTls()) {
        throw new Fault("tls_expected", "closed without an answer; a TLS handshake succeeds there");
      }
      throw fault;
    }
  }

  /** Servers that know nothing but WebSockets leave other requests without an answer. */
  private boolean answersUpgrades(Fault fault) {
    if (!fault.code().equals("http_timeout") && !fault.code().equals("http_cut")) {
      return false;
    }
    Address address = options.address();
    String request =
        Http1.upgrade(
            address.path() + address.query(),
            address,
            "ZHJhd2JyaWRnZS1kb2N0bw==",
            "Sec-WebSocket-Protocol",
            options.protocols().isEmpty() ? null : String.join(", ", options.protocols()),
            "Origin",
            options.origin());
    try (Line line = connector.open(patient.server(), patient.deadline)) {
      Http1.exchange(line, request);
      return true;
    } catch (Fault other) {
      return false;
    }
  }

  private boolean speaksTls() {
    try {
      connector
          .secure(patient.server(), patient.deadline.or(Deadline.in(GLANCE)), "http/1.1")
          .line()
          .close();
      return true;
    } catch (Fault fault) {
      return false;
    }
  }

  /**
   * Where Drawbridge is, when it is not at the address; an address of the page's is often given in
   * place of the endpoint's.
   *
   * @return in words; empty where it is not found either
   */
  String elsewhere() {
    String given = options.address().path().replaceAll("/+$", "");
    for (String place : new String[] {given + "/ws", "/ws"}) {
      if (!place.equals(options.address().path())) {
        try {
          Deadline glance = patient.deadline.or(Deadline.in(GLANCE));
          Answer answer = ask(glance, "GET", place + "/config", "Origin", options.origin());
          if (answer.problem() != null || answer.json().path("configVersion").isInt()) {
            return "Drawbridge answers at " + Text.clean(place);
          }
        } catch (Fault fault) {
          // Then it is not there.
        }
      }
    }
    return "";
  }

  /** A refusal of Drawbridge's, which the answer is. */
  private Fault told(Answer answer) {
    Fault problem = Refusals.problem(answer, options);
    return problem == null ? new Fault("internal", answer.words()) : problem;
  }

  private void clock(Answer answer, JsonNode json, long middle) {
    long server = json.path("serverTime").asLong();
    if (server == 0 && answer.header("date") != null) {
      try {
        // To the second, rounded down.
        server =
            ZonedDateTime.parse(answer.header("date"), DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant()
                    .toEpochMilli()
                + 500;
      } catch (DateTimeParseException e) {
        return;
      }
    }
    patient.clockOffsetMillis = server == 0 ? 0 : server - middle;
  }

  /** A relative reference of the discovery document, resolved to a path of this server. */
  String route(String member, String otherwise) {
    String reference = patient.discovery.path(member).asText("");
    String base = "http://h" + options.address().route("config");
    try {
      URI found = URI.create(base).resolve(reference);
      return reference.isEmpty() || !"h".equals(found.getHost()) || found.getRawPath() == null
          ? options.address().route(otherwise)
          : found.getRawPath();
    } catch (IllegalArgumentException e) {
      return options.address().route(otherwise);
    }
  }

  Finding preflight() throws Fault {
    String origin = options.origin();
    if (origin == null) {
      return Finding.skipped("no --origin was given");
    }
    if (!patient.drawbridge) {
      return Finding.skipped("only Drawbridge has routes that pages ask");
    }
    Answer simple = ask("GET", options.address().route("config"), "Origin", origin);
    String problem = simple.problem();
    if (problem != null) {
      throw told(simple);
    }
    if (simple.json().path("origin").path("allowed").isBoolean()
        && !simple.json().path("origin").path("allowed").asBoolean()) {
      throw new Fault("origin_denied", "the discovery document says that it is not allowed");
    }
    Answer asked =
        ask(
            "OPTIONS",
            route("diagnose", "diagnose"),
            "Origin",
            origin,
            "Access-Control-Request-Method",
            "GET",
            "Access-Control-Request-Headers",
            "authorization");
    problem = asked.problem();
    if (problem != null) {
      throw told(asked);
    }
    String allowed = asked.header("access-control-allow-origin");
    String headers = asked.header("access-control-allow-headers");
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("status", asked.status());
    facts.put("allowOrigin", allowed == null ? null : Text.clean(allowed));
    facts.put("allowHeaders", headers == null ? null : Text.clean(headers));
    String missing = corsMissing(simple, asked, origin);
    // Pages of the server itself need none of it.
    return missing.isEmpty() || origin.equals(options.address().origin())
        ? Finding.ok(Text.clean(origin) + " is allowed", facts)
        : Finding.warning("cors_missing", missing, facts);
  }

  /** What a browser would not find in the answers; empty when it finds all. */
  private static String corsMissing(Answer simple, Answer asked, String origin) {
    if (!allows(simple, origin)) {
      return "GET answered " + simple.words() + ", " + shown(simple, "access-control-allow-origin");
    }
    if (asked.status() / 100 != 2) {
      return "OPTIONS answered " + asked.words();
    }
    if (!allows(asked, origin)) {
      return "OPTIONS answered "
          + asked.words()
          + ", "
          + shown(asked, "access-control-allow-origin");
    }
    String headers = asked.header("access-control-allow-headers");
    return headers != null && headers.toLowerCase(Locale.ROOT).contains("authorization")
        ? ""
        : "OPTIONS answered " + asked.words() + ", " + shown(asked, "access-control-allow-headers");
  }

  private static boolean allows(Answer answer, String origin) {
    String allowed = answer.header("access-control-allow-origin");
    return origin.equals(allowed) || "*".equals(allowed);
  }

  private static String shown(Answer answer, String header) {
    String value = answer.header(header);
    return header + (value == null ? " is missing" : " is " + Text.clean(value));
  }

  Finding token() throws Fault {
    String token = options.token();
    Token read =
        token == null
            ? null
            : Token.read(token, System.currentTimeMillis() + patient.clockOffsetMillis);
    if (!patient.drawbridge) {
      if (read == null) {
        return Finding.skipped("no token was given");
      }
      if (!Http1.fitsHeader(String.valueOf(token))) {
        throw new Fault("token_malformed", read.detail());
      }
      return read.code() == null
          ? Finding.ok(read.detail(), read.facts())
          : Finding.warning(read.code(), read.detail(), read.facts());
    }
    if (read != null
        && "token_malformed".equals(read.code())
        && !Http1.fitsHeader(String.valueOf(token))) {
      throw new Fault("token_malformed", read.detail());
    }
    Answer answer;
    try {
      answer =
          ask(
              "GET",
              route("diagnose", "diagnose"),
              "Authorization",
              token == null ? null : "Bearer " + token,
              "Origin",
              options.origin());
    } catch (Fault fault) {
      throw Refusals.cut(fault, options);
    }
    String code = answer.problem();
    boolean ok = answer.json().path("code").asText().equals("ok");
    if (code != null && !aboutUser(code)) {
      Fault fault = told(answer);
      throw read != null && code.equals(read.code())
          ? new Fault(code, read.detail() + "; " + fault.detail())
          : fault;
    }
    if (code == null && Refusals.tooLarge(answer, options)) {
      throw Refusals.tokenTooLarge("answered " + answer.words(), options);
    }
    if (code == null && !ok) {
      String detail = "/ws/diagnose answered " + answer.words();
      return Finding.warning("diagnose_missing", detail, read == null ? Map.of() : read.facts());
    }
    patient.diagnosis = answer;
    return read == null
        ? Finding.ok("none is asked for", Map.of())
        : Finding.ok(read.detail() + ", the server takes it", read.facts());
  }

  /** Those that come when the token was found to be good. */
  private static boolean aboutUser(String code) {
    return "user".equals(Advice.kind(code)) || code.equals("auth_unavailable");
  }

  Finding user() throws Fault {
    Answer answer = patient.diagnosis;
    if (answer == null) {
      return Finding.skipped(
          patient.drawbridge ? "/ws/diagnose did not say" : "only Drawbridge says who one is");
    }
    String code = answer.problem();
    if (code != null) {
      throw told(answer);
    }
    String subject = Text.clean(answer.json().path("user").path("subject").asText("?"));
    return Finding.ok(subject, Map.of("subject", subject));
  }
}
