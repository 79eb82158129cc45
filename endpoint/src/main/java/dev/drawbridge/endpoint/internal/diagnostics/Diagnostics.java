package dev.drawbridge.endpoint.internal.diagnostics;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.internal.Json;
import dev.drawbridge.endpoint.internal.Requests;
import dev.drawbridge.endpoint.internal.connection.ConnectionMonitor;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.server.EndpointRuntime;
import dev.drawbridge.filters.access.DevKey;
import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.cors.rules.Origin;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.util.Loopback;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The page for developers, its data, its events and its buttons. Exists in dev mode only, opens
 * with the key of the start, and answers this machine only. Thread-safe. PROTOCOL.md section 10.
 */
public final class Diagnostics implements AutoCloseable {
  /** Below the endpoint. */
  public static final String PATH = Requests.DIAGNOSTICS;

  private static final Duration PERIOD = Duration.ofMillis(250);
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(2);
  private static final String JSON = "application/json";

  private final EndpointRuntime core;
  private final Witness witness;
  private final DiagnosticsDocument document;
  private final DiagnosticsStream stream;
  private final DiagnosticsPage page = new DiagnosticsPage();

  public Diagnostics(EndpointRuntime core, Witness witness, ServletContext context) {
    this.core = core;
    this.witness = witness;
    Trend trend = new Trend(new TrendSource(core), core.clock(), System::nanoTime);
    core.onTick(trend::tick);
    this.document = new DiagnosticsDocument(core, witness, trend, context);
    this.stream = new DiagnosticsStream(document::members, core.clock(), PERIOD, KEEP_ALIVE);
    core.onDisabled(this::disabledElsewhere);
  }

  public DiagnosticsStream stream() {
    return stream;
  }

  /**
   * Answers one request whose path info begins with {@link #PATH}.
   *
   * @throws RefusedException with {@code not_found} for strangers, {@code dev_key_required}, {@code
   *     method_not_allowed}, {@code origin_required}, {@code origin_denied} or {@code
   *     request_invalid}
   */
  public void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
    DevKey key = core.runtime().devKey();
    if (!key.isAskedFrom(request)) {
      throw Requests.notFound();
    }
    String endpointPath = request.getContextPath() + request.getServletPath();
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    String rest = request.getPathInfo().substring(PATH.length());
    if (!key.opens(request)) {
      if (!rest.isEmpty() || prefersJson(request.getHeader("Accept"))) {
        throw Requests.keyRequired(request);
      }
      Requests.require(request, response, "GET");
      page.sendLocked(response);
      return;
    }
    if (rest.isEmpty() && key.isSentBy(request)) {
      Requests.require(request, response, "GET");
      key.remember(request, response, endpointPath);
      // The key leaves the address bar, and so the history and what is copied from there.
      response.setStatus(HttpServletResponse.SC_FOUND);
      response.setHeader("Location", PATH.substring(1));
      response.setHeader("Cache-Control", "no-store");
      response.setHeader("Referrer-Policy", "no-referrer");
      return;
    }
    switch (rest) {
      case "" -> {
        Requests.require(request, response, "GET");
        response.setHeader("Vary", "Accept");
        if (prefersJson(request.getHeader("Accept"))) {
          Json.send(response, 200, document.document(endpointPath));
        } else {
          page.send(request, response);
        }
      }
      case ".json" -> {
        Requests.require(request, response, "GET");
        Json.send(response, 200, document.document(endpointPath));
      }
      case "/events" -> {
        Requests.require(request, response, "GET");
        stream.serve(request, response, endpointPath);
      }
      case "/ping", "/drop", "/expire", "/disable", "/enable" -> {
        Requests.require(request, response, "POST");
        requireOwnPage(request);
        int concerned = act(rest.substring(1), Requests.body(request));
        Json.send(response, 200, Map.of("connections", concerned));
      }
      default -> throw Requests.notFound();
    }
  }

  /** A browser that navigates names HTML, and names it first. */
  private static boolean prefersJson(@Nullable String accept) {
    if (accept == null) {
      return false;
    }
    String lower = accept.toLowerCase(Locale.ROOT);
    int json = lower.indexOf(JSON);
    int html = lower.indexOf("text/html");
    return json >= 0 && (html < 0 || json < html);
  }

  /**
   * Lets only our own page press the buttons. A page of another origin cannot send this content
   * type without a preflight, cannot leave out its {@code Origin}, and cannot set {@code
   * Sec-Fetch-Site}.
   */
  private static void requireOwnPage(HttpServletRequest request) {
    String type = request.getContentType();
    if (type == null || !type.toLowerCase(Locale.ROOT).split(";", 2)[0].strip().equals(JSON)) {
      throw new RefusedException(
          RefusalCode.REQUEST_INVALID, "the body must be sent as Content-Type: " + JSON);
    }
    List<String> origins = Collections.list(request.getHeaders("Origin"));
    if (origins.isEmpty()) {
      throw new RefusedException(
          RefusalCode.ORIGIN_REQUIRED, "the buttons are for the page itself; send its Origin");
    }
    if (origins.size() != 1 || !isOwnPage(request, origins.get(0))) {
      throw new RefusedException(
          RefusalCode.ORIGIN_DENIED, "the buttons are for pages of this server's own origin");
    }
  }

  private static boolean isOwnPage(HttpServletRequest request, String value) {
    if (!(Origin.parse(value) instanceof Origin origin) || !Loopback.isHost(origin.host())) {
      return false;
    }
    List<String> sites = Collections.list(request.getHeaders("Sec-Fetch-Site"));
    if (sites.isEmpty()) {
      String host = request.getHeader("Host");
      return Origin.parse(request.getScheme() + "://" + host) instanceof Origin own
          && own.equals(origin);
    }
    // Behind a dev server that puts another Host: the browser knows better.
    return sites.size() == 1 && sites.get(0).equals("same-origin");
  }

  private int act(String action, JsonNode body) {
    if (action.equals("enable")) {
      String subject = text(body, "subject");
      core.channels().orders().disabled(subject, false);
      return witness.disabled().remove(subject) ? 1 : 0;
    }
    ServerConnection link = core.connections().link(text(body, "connection"));
    if (link == null) {
      // It ended while the finger was on its way to the button.
      return 0;
    }
    switch (action) {
      case "ping" -> {
        ConnectionMonitor monitor = link.monitor();
        if (monitor != null) {
          monitor.pingOnDemand();
        }
      }
      case "drop" -> link.abort("dropped_by_developer");
      case "expire" -> expire(link);
      default -> {
        core.channels().orders().disabled(link.subject(), true);
        return disable(link.subject());
      }
    }
    return 1;
  }

  private int disable(String subject) {
    witness.disabled().add(subject);
    List<ServerConnection> all = core.connections().links(subject);
    all.forEach(one -> one.close(CloseCode.FORBIDDEN, RefusalCode.USER_DISABLED.word()));
    return all.size();
  }

  /** The buttons of another server's page; called by the tail of the channels. */
  private void disabledElsewhere(String subject, boolean disabled) {
    if (disabled) {
      int unused = disable(subject);
    } else {
      witness.disabled().remove(subject);
    }
  }

  private static String text(JsonNode body, String member) {
    JsonNode value = body.path(member);
    if (!value.isTextual()) {
      throw new RefusedException(
          RefusalCode.REQUEST_INVALID, "the body is {\"" + member + "\": string}");
    }
    return value.asText();
  }

  /** The timer finds it within half a second, as it finds every expiry. */
  private void expire(ServerConnection link) {
    Instant past = core.clock().instant().minus(core.config().leeway()).minusSeconds(1);
    link.credential(present -> present.expiringAt(past));
  }

  /**
   * Refuses users whom the page has disabled; nothing is written anywhere.
   *
   * @throws RefusedException with {@code user_disabled}
   */
  public void admit(String subject) {
    if (witness.disabled().contains(subject)) {
      throw new RefusedException(
          Refusal.of(
              RefusalCode.USER_DISABLED,
              "disabled on the diagnostics page, in this process alone; enable the user there"));
    }
  }

  /** An attempt for {@code /ws/diagnose}: to developers on this machine everything. */
  public Map<String, Object> told(Attempt attempt, HttpServletRequest request) {
    return core.runtime().devKey().opens(request)
        ? AttemptView.full(attempt, request.getContextPath() + request.getServletPath())
        : AttemptView.brief(attempt);
  }

  @Override
  public void close() {
    stream.close();
  }
}
