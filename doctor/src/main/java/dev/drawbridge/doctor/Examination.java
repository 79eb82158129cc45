package dev.drawbridge.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The steps up to the open WebSocket, in their order; the first that fails ends them. What follows
 * is done by {@link Talk}. Used once, by one thread.
 */
final class Examination {
  private static final int MOST_ADDRESSES = 8;

  /** Differences of clocks that the server forgives in a token by default. */
  private static final long LEEWAY_MILLIS = 30_000;

  private static final long SOON_DAYS = 14;
  private static final String PROTOCOL = "drawbridge.v1";
  private static final String KEY_SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final Options options;
  private final Connector connector;
  private final Consumer<Result> listener;
  private final Patient patient = new Patient();
  private final List<Result> results = new ArrayList<>();

  /**
   * @param listener is told each result as it is there
   */
  Examination(Options options, Connector connector, Consumer<Result> listener) {
    this.options = options;
    this.listener = listener;
    this.connector = connector;
  }

  /** A step's own work. */
  @FunctionalInterface
  private interface Work {
    Finding look() throws Fault;
  }

  /**
   * What a step has found that did not fail.
   *
   * @param code of a warning
   */
  record Finding(
      Result.Status status, @Nullable String code, String detail, Map<String, Object> facts) {

    static Finding ok(String detail, Map<String, Object> facts) {
      return new Finding(Result.Status.OK, null, detail, facts);
    }

    static Finding warning(String code, String detail, Map<String, Object> facts) {
      return new Finding(Result.Status.WARNING, code, detail, facts);
    }

    static Finding skipped(String why) {
      return new Finding(Result.Status.SKIPPED, null, why, Map.of());
    }
  }

  /** All steps, each with its result. */
  List<Result> run() {
    try {
      boolean well =
          step(Step.DNS, this::dns)
              && step(Step.TCP, this::tcp)
              && step(Step.TLS, this::tls)
              && step(Step.DISCOVERY, this::discovery)
              && step(Step.PREFLIGHT, this::preflight)
              && step(Step.TOKEN, this::token)
              && step(Step.USER, this::user)
              && step(Step.HTTP2, this::http2)
              && step(Step.UPGRADE, this::upgrade);
      if (well) {
        Talk talk = new Talk(options, patient);
        well =
            step(Step.WELCOME, talk::welcome)
                && step(Step.ECHO, talk::echo)
                && step(Step.HEARTBEAT, talk::heartbeat)
                && step(Step.WATCH, talk::watch)
                && step(Step.DRAIN, talk::drain)
                && step(Step.CLOSE, talk::close);
      }
      if (!well) {
        Step failed = results.get(results.size() - 1).step();
        Step.after(failed).forEach(step -> add(Result.behind(failed, step)));
      }
      return results;
    } finally {
      if (patient.line != null) {
        patient.line.close();
      }
    }
  }

  boolean drawbridge() {
    return patient.drawbridge;
  }

  /** Whether anything has told yet whose server it is. */
  boolean known() {
    return results.stream()
        .anyMatch(
            each ->
                each.step() == Step.DISCOVERY
                    && each.status() != Result.Status.SKIPPED
                    && (patient.drawbridge || each.status() != Result.Status.FAILED));
  }

  private boolean step(Step step, Work work) {
    long start = System.nanoTime();
    Finding finding;
    try {
      finding = work.look();
    } catch (Fault fault) {
      Map<String, Object> facts =
          patient.attempt.isEmpty() ? Map.of() : Map.of("attempt", patient.attempt);
      add(
          new Result(
              step,
              Result.Status.FAILED,
              millis(start),
              fault.code(),
              fault.detail(),
              Advice.fix(fault.code()),
              facts));
      return false;
    }
    boolean skipped = finding.status() == Result.Status.SKIPPED;
    String code = finding.code();
    add(
        new Result(
            step,
            finding.status(),
            skipped ? 0 : millis(start),
            code,
            finding.detail(),
            code == null ? null : Advice.fix(code),
            finding.facts()));
    return true;
  }

  private void add(Result result) {
    results.add(result);
    listener.accept(result);
  }

  private static long millis(long since) {
    return (System.nanoTime() - since) / 1_000_000;
  }

  private Deadline deadline() {
    return Deadline.in(options.timeout());
  }

  // --- the way there -------------------------------------------------------------------------

  private Finding dns() throws Fault {
    List<InetAddress> all = connector.resolve(deadline());
    patient.addresses = all.subList(0, Math.min(MOST_ADDRESSES, all.size()));
    List<String> words = patient.addresses.stream().map(InetAddress::getHostAddress).toList();
    return Finding.ok(String.join(", ", words), Map.of("addresses", words));
  }

  private Finding tcp() throws Fault {
    List<Map<String, Object>> tried = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    List<String> words = new ArrayList<>();
    Deadline all = deadline();
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
      one.put("address", each.getHostAddress());
      one.put("family", each instanceof Inet4Address ? "IPv4" : "IPv6");
      one.put("ms", millis(start));
      one.put("error", error);
      tried.add(one);
      words.add(
          each.getHostAddress()
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
    return reasons.isEmpty()
        ? Finding.ok(detail, facts)
        : Finding.warning("address_family_down", detail, facts);
  }

  private Finding tls() throws Fault {
    if (!options.address().secure()) {
      return Finding.skipped("the address is a plain one");
    }
    Connector.Secure secure = connector.secure(patient.server(), deadline(), "h2", "http/1.1");
    try {
      Certificates.check(secure, options.address().host());
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

  // --- the routes beside the handshake -------------------------------------------------------

  private Answer ask(String method, String target, @Nullable String... headers) throws Fault {
    @Nullable String[] all = new @Nullable String[headers.length + 4];
    System.arraycopy(headers, 0, all, 0, headers.length);
    all[headers.length] = "Accept";
    all[headers.length + 1] = "application/json";
    all[headers.length + 2] = "Connection";
    all[headers.length + 3] = "close";
    Deadline deadline = deadline();
    try (Line line = connector.open(patient.server(), deadline)) {
      return Http1.exchange(line, Http1.request(method, target, options.address(), all));
    }
  }

  private Finding discovery() throws Fault {
    String target = options.address().route("config");
    long asked = System.currentTimeMillis();
    Answer answer = firstAnswer(target);
    if ("origin_required".equals(answer.problem()) && options.origin() != null) {
      answer = ask("GET", target, "Origin", options.origin());
    }
    long middle = (asked + System.currentTimeMillis()) / 2;
    String problem = answer.problem();
    if (problem != null) {
      patient.drawbridge = true;
      if (problem.equals("not_found")) {
        throw new Fault("path_wrong", "answered " + answer.words() + " by Drawbridge");
      }
      if ("token".equals(Advice.kind(problem))) {
        throw new Fault("discovery_guarded", target + " answered " + problem);
      }
      throw new Fault(problem, Refusals.told(answer));
    }
    JsonNode json = answer.json();
    clock(answer, json, middle);
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
      return Math.abs(patient.clockOffsetMillis) > LEEWAY_MILLIS
          ? Finding.warning(
              "clock_apart",
              "the server's clock is "
                  + Text.time(patient.clockOffsetMillis)
                  + (patient.clockOffsetMillis > 0 ? " ahead" : " behind"),
              facts)
          : Finding.ok(detail, facts);
    }
    if (answer.status() == 502 || answer.status() == 504) {
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
      Answer answer = ask("GET", target);
      String text = answer.status() == 400 ? answer.text() : "";
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

  private boolean speaksTls() {
    try {
      connector.secure(patient.server(), deadline(), "http/1.1").line().close();
      return true;
    } catch (Fault fault) {
      return false;
    }
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
  private String route(String member, String otherwise) {
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

  private Finding preflight() throws Fault {
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
      throw new Fault(problem, Refusals.told(simple));
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
      throw new Fault(problem, Refusals.told(asked));
    }
    String allowed = asked.header("access-control-allow-origin");
    String headers = asked.header("access-control-allow-headers");
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("status", asked.status());
    facts.put("allowOrigin", allowed == null ? null : Text.clean(allowed));
    facts.put("allowHeaders", headers == null ? null : Text.clean(headers));
    boolean good =
        asked.status() / 100 == 2
            && (origin.equals(allowed) || "*".equals(allowed))
            && headers != null
            && headers.toLowerCase(Locale.ROOT).contains("authorization");
    return good
        ? Finding.ok(Text.clean(origin) + " is allowed", facts)
        : Finding.warning("cors_missing", "OPTIONS answered " + asked.words(), facts);
  }

  private Finding token() throws Fault {
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
    Answer answer =
        ask(
            "GET",
            route("diagnose", "diagnose"),
            "Authorization",
            token == null ? null : "Bearer " + token,
            "Origin",
            options.origin());
    String code = answer.problem();
    boolean ok = answer.json().path("code").asText().equals("ok");
    if (code != null && !aboutUser(code)) {
      String why = read != null && code.equals(read.code()) ? read.detail() + "; " : "";
      throw new Fault(code, why + Refusals.told(answer));
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

  private Finding user() throws Fault {
    Answer answer = patient.diagnosis;
    if (answer == null) {
      return Finding.skipped(
          patient.drawbridge ? "/ws/diagnose did not say" : "only Drawbridge says who one is");
    }
    String code = answer.problem();
    if (code != null) {
      throw new Fault(code, Refusals.told(answer));
    }
    String subject = Text.clean(answer.json().path("user").path("subject").asText("?"));
    return Finding.ok(subject, Map.of("subject", subject));
  }

  // --- the handshake -------------------------------------------------------------------------

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

  private Finding http2() throws Fault {
    if (!options.address().secure()) {
      return Finding.skipped("browsers speak HTTP/2 over TLS alone");
    }
    if (!patient.application.equals("h2")) {
      return Finding.skipped("the server does not offer it");
    }
    Connector.Secure secure = connector.secure(patient.server(), deadline(), "h2");
    try (Line line = secure.line()) {
      Certificates.check(secure, options.address().host());
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
      if (answer.problem() != null) {
        throw Refusals.of(answer, patient.drawbridge);
      }
      throw new Fault("http2_refused", "answered " + answer.words());
    }
  }

  private Finding upgrade() throws Fault {
    byte[] nonce = new byte[16];
    new SecureRandom().nextBytes(nonce);
    String key = Base64.getEncoder().encodeToString(nonce);
    String target = target();
    String offered = subprotocols();
    String request =
        Http1.request(
            "GET",
            target,
            options.address(),
            "Connection",
            "Upgrade",
            "Upgrade",
            "websocket",
            "Sec-WebSocket-Version",
            "13",
            "Sec-WebSocket-Key",
            key,
            "Sec-WebSocket-Protocol",
            offered,
            "Authorization",
            authorization(),
            "Origin",
            options.origin());
    Line line = connector.open(patient.server(), deadline());
    patient.line = line;
    Answer answer;
    try {
      answer = Http1.exchange(line, request);
    } catch (Fault fault) {
      throw switch (fault.code()) {
        case "http_timeout" -> new Fault("open_timeout", fault.detail());
        case "http_cut" -> new Fault("upgrade_cut", fault.detail());
        default -> fault;
      };
    }
    if (answer.status() != 101) {
      throw recorded(Refusals.of(answer, patient.drawbridge));
    }
    String upgrade = answer.header("upgrade");
    if (!accept(key).equals(answer.header("sec-websocket-accept"))
        || !"websocket".equalsIgnoreCase(upgrade)
        || answer.header("sec-websocket-extensions") != null) {
      throw new Fault(
          "handshake_answer_invalid", "101, but its headers are not those of this handshake");
    }
    String chosen = answer.header("sec-websocket-protocol");
    boolean known =
        chosen == null
            ? !patient.drawbridge
            : patient.drawbridge ? chosen.equals(PROTOCOL) : options.protocols().contains(chosen);
    if (!known) {
      throw new Fault(
          "subprotocol_mismatch",
          chosen == null ? "none was chosen" : "it chose " + Text.clean(chosen));
    }
    patient.frames = new Frames(line);
    patient.openedAt = System.nanoTime();
    patient.heardAt = patient.openedAt;
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("status", answer.status());
    facts.put("subprotocol", chosen);
    facts.put("attempt", patient.attempt.isEmpty() ? null : patient.attempt);
    return Finding.ok("HTTP/1.1 101" + (chosen == null ? "" : ", " + chosen), facts);
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
          ask(
              "GET",
              route("diagnose", "diagnose") + "?attempt=" + patient.attempt,
              "Authorization",
              "Bearer " + options.token());
      JsonNode attempt = answer.json().path("attempt");
      boolean never = answer.json().path("code").asText().equals("ok") && attempt.isNull();
      return never
          ? new Fault(fault.code(), fault.detail() + "; it never reached the server")
          : fault;
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
