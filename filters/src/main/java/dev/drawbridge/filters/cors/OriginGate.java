package dev.drawbridge.filters.cors;

import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.attempt.AttemptFacts;
import dev.drawbridge.filters.attempt.Attempts;
import dev.drawbridge.filters.cors.rules.CorsConfig;
import dev.drawbridge.filters.cors.rules.OriginHints;
import dev.drawbridge.filters.cors.rules.OriginPolicy;
import dev.drawbridge.filters.cors.rules.OriginReason;
import dev.drawbridge.filters.cors.rules.OriginText;
import dev.drawbridge.filters.log.Traces;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.request.Passage;
import dev.drawbridge.filters.request.RequestId;
import dev.drawbridge.filters.request.RequestPath;
import dev.drawbridge.filters.request.UpgradeRequest;
import dev.drawbridge.filters.settings.Setting;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletResponseWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Clock;
import java.util.Enumeration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one decision for plain requests, preflights and handshakes. An origin that is present and not
 * allowed is refused whatever the request looks like, so that nothing hangs on recognizing a
 * handshake. Thread-safe.
 */
final class OriginGate {
  private static final Logger log = LoggerFactory.getLogger(DevCorsFilter.class);

  /** The header that names the reason in dev mode. */
  static final String REASON_HEADER = "X-Cors-Reason";

  /** Set once a request has passed; its value is the allowed origin, or {@link #NONE}. */
  static final String PASSED = OriginGate.class.getName() + ".passed";

  private static final Object NONE = new Object();
  private static final String FETCH_SITE = "Sec-Fetch-Site";

  private final CorsConfig config;
  private final OriginPolicy policy;
  private final OriginHints hints;
  private final CorsAnswer answer;
  private final CorsCounters counters;
  private final Attempts attempts;
  private final RefusalLog refusals;

  OriginGate(CorsConfig config, CorsCounters counters, Attempts attempts, Clock clock) {
    this.config = config;
    this.policy = config.origins();
    this.hints = new OriginHints(config.mode(), policy, config.otherOrigins());
    this.answer = new CorsAnswer(config);
    this.counters = counters;
    this.attempts = attempts;
    this.refusals = new RefusalLog(clock);
  }

  private OriginGate(CorsConfig config, OriginGate before) {
    this.config = config;
    this.policy = config.origins();
    this.hints = new OriginHints(config.mode(), policy, config.otherOrigins());
    this.answer = new CorsAnswer(config);
    this.counters = before.counters;
    this.attempts = before.attempts;
    this.refusals = before.refusals;
  }

  /** The same by other rules; its counts go on. */
  OriginGate with(CorsConfig rules) {
    return new OriginGate(rules, this);
  }

  CorsConfig config() {
    return config;
  }

  void handle(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Object passed = request.getAttribute(PASSED);
    if (passed != null) {
      // A forward, an error page or a second mapping: the request is judged already, but the
      // container may have thrown the headers away.
      String before = passed instanceof String origin ? origin : null;
      answer.apply(response, before);
      chain.doFilter(request, isBare(request, response) ? response : guarded(response, before));
      return;
    }
    CorsHeaders.varyByOrigin(response);
    Enumeration<String> lines = request.getHeaders(CorsHeaders.ORIGIN);
    if (lines == null || !lines.hasMoreElements()) {
      withoutOrigin(request, response, chain);
      return;
    }
    String line = lines.nextElement();
    String origin = line == null ? "" : line;
    OriginReason reason =
        lines.hasMoreElements() ? OriginReason.MULTIPLE : policy.refusalOf(origin);
    if (reason != null && !isOwnPage(request, reason)) {
      refuse(request, response, reason, origin);
    } else if (isForeignHost(request)) {
      refuse(request, response, OriginReason.HOST, origin);
    } else if (reason != null) {
      pass(request, response, chain, null);
    } else if (CorsAnswer.isPreflight(request)) {
      counters.countAllowed();
      counters.countPreflight();
      String unlisted = answer.preflight(request, response, origin);
      if (unlisted != null) {
        warnAboutPreflight(origin, unlisted);
      }
    } else {
      counters.countAllowed();
      pass(request, response, chain, origin);
    }
  }

  private void withoutOrigin(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (config.requireOrigin() && UpgradeRequest.leavesHttp(request)) {
      refuse(request, response, OriginReason.MISSING, "");
    } else if (isForeignHost(request)) {
      refuse(request, response, OriginReason.HOST, "");
    } else {
      pass(request, response, chain, null);
    }
  }

  /**
   * True for a form or a fetch of the application's own pages. A page cannot set {@code
   * Sec-Fetch-Site}. The reasons are those with which a browser can send a request to the page's
   * own server; and a browser says the same of a WebSocket, whose page may still be anybody's after
   * DNS rebinding, so a handshake is never let through here.
   */
  private boolean isOwnPage(HttpServletRequest request, OriginReason reason) {
    if (reason != OriginReason.NOT_LISTED
        && reason != OriginReason.NULL_ORIGIN
        && reason != OriginReason.TRAILING_DOT) {
      return false;
    }
    Enumeration<String> lines = request.getHeaders(FETCH_SITE);
    if (lines == null || !lines.hasMoreElements()) {
      return false;
    }
    String site = lines.nextElement();
    return ("same-origin".equals(site) || "none".equals(site))
        && !lines.hasMoreElements()
        && !CorsAnswer.isPreflight(request)
        && !UpgradeRequest.leavesHttp(request);
  }

  private void pass(
      HttpServletRequest request,
      HttpServletResponse response,
      FilterChain chain,
      @Nullable String origin)
      throws IOException, ServletException {
    request.setAttribute(PASSED, origin == null ? NONE : origin);
    answer.allow(response, origin);
    if (UpgradeRequest.asksForWebSocket(request)) {
      try {
        record(attempts.of(request), origin);
      } catch (RuntimeException e) {
        // What cannot be recorded would go on unseen.
        log.error(
            "handshake failed: requestId={}", RequestId.of(request), Traces.withoutMessage(e));
        Refusal.of(RefusalCode.INTERNAL).send(request, response, config.mode());
        return;
      }
      // Bare: containers look for their own response when they upgrade.
      Passage.through(
          chain,
          request,
          ConnectResponse.isFor(request)
              ? new ConnectResponse(request, response, config.mode())
              : response);
      endStray(request);
    } else {
      chain.doFilter(request, guarded(response, origin));
    }
    answer.restore(response, origin);
  }

  private void endStray(HttpServletRequest request) {
    Passage passage = Passage.of(request);
    Attempt attempt = attempts.of(request);
    if (attempt != null && passage != null && passage.isStray() && !Passage.hasArrived(request)) {
      attempt.stray();
    }
  }

  private void record(@Nullable Attempt attempt, @Nullable String origin) {
    if (attempt != null) {
      attempt.passed(Attempt.Stage.ORIGIN);
      AttemptFacts facts = attempt.facts();
      if (facts != null) {
        facts.origin(origin == null ? null : policy.ruleFor(origin), null);
      }
    }
  }

  private GuardedResponse guarded(HttpServletResponse response, @Nullable String origin) {
    return new GuardedResponse(response, answer, origin);
  }

  /** True if a dispatch goes on with the response it has: guarded before, or of an upgrade. */
  private static boolean isBare(HttpServletRequest request, HttpServletResponse response) {
    return UpgradeRequest.asksForWebSocket(request)
        || response instanceof GuardedResponse
        || (response instanceof ServletResponseWrapper wrapper
            && wrapper.isWrapperFor(GuardedResponse.class));
  }

  private boolean isForeignHost(HttpServletRequest request) {
    return config.hosts().isActive() && !config.hosts().allows(host(request));
  }

  /** The host as the client sent it; HTTP/2 may have it as its authority alone. */
  private static @Nullable String host(HttpServletRequest request) {
    String host = request.getHeader("Host");
    return host != null ? host : request.getServerName();
  }

  private void refuse(
      HttpServletRequest request, HttpServletResponse response, OriginReason reason, String origin)
      throws IOException {
    counters.countRefused(reason);
    String host = host(request);
    String hint = hint(reason, origin, host);
    Refusal refusal =
        Refusal.of(
                reason == OriginReason.MISSING
                    ? RefusalCode.ORIGIN_REQUIRED
                    : RefusalCode.ORIGIN_DENIED,
                hint)
            .withInDevelopment("reason", reason.word())
            .withInDevelopment("origin", OriginText.escaped(origin))
            .withInDevelopment("allowed", policy.allowed());
    Attempt attempt = attempts.of(request);
    if (attempt != null) {
      AttemptFacts facts = attempt.facts();
      if (facts != null) {
        facts.origin(null, reason.word());
      }
      attempt.refused(Attempt.Stage.ORIGIN, refusal);
    }
    warn(request, reason, refusal.code(), origin, host, hint, attempt != null);
    if (config.mode().isDevelopment()) {
      response.setHeader(REASON_HEADER, reason.word());
    }
    refusal.send(request, response, config.mode());
  }

  private String hint(OriginReason reason, String origin, @Nullable String host) {
    return switch (reason) {
      case HOST ->
          String.format(
              "this server is reached by the foreign name %s, as in DNS rebinding; if it is a"
                  + " container's or a tunnel's, add it without the port to %s",
              OriginText.quoted(host == null ? "" : host), Setting.ALLOWED_HOSTS.variable());
      case MISSING ->
          "browsers always send Origin with a handshake; native clients need "
              + Setting.REQUIRE_ORIGIN.variable()
              + "=false";
      default -> hints.of(reason, origin, host);
    };
  }

  private void warn(
      HttpServletRequest request,
      OriginReason reason,
      RefusalCode code,
      String origin,
      @Nullable String host,
      String hint,
      boolean handshake) {
    String shownOrigin = OriginText.escaped(origin);
    String shownHost = OriginText.escaped(host == null ? "" : host);
    RefusalLog.Decision decision =
        refusals.count(reason == OriginReason.HOST ? shownHost : shownOrigin, reason.word());
    reportOthers(decision);
    if (decision.isLogged()) {
      log.warn(
          "Refused: {} origin=\"{}\" reason={} kind={} method={} path=\"{}\" host=\"{}\" count={}"
              + " requestId={} setting={} hint=\"{}\"",
          code.word(),
          shownOrigin,
          reason.word(),
          handshake ? "websocket" : CorsAnswer.isPreflight(request) ? "preflight" : "request",
          OriginText.escaped(request.getMethod()),
          OriginText.escaped(RequestPath.of(request)),
          shownHost,
          decision.count(),
          RequestId.of(request),
          settingOf(reason),
          hint);
    }
  }

  private String settingOf(OriginReason reason) {
    return switch (reason) {
      case HOST -> Setting.ALLOWED_HOSTS.variable();
      case MISSING -> Setting.REQUIRE_ORIGIN.variable();
      default -> hints.setting();
    };
  }

  private void warnAboutPreflight(String origin, String unlisted) {
    RefusalLog.Decision decision = refusals.count(OriginText.escaped(origin), unlisted);
    reportOthers(decision);
    if (decision.isLogged()) {
      log.warn(
          "A preflight asks for what the browser will refuse: origin=\"{}\" count={} hint=\"{}\"",
          OriginText.escaped(origin),
          decision.count(),
          unlisted);
    }
  }

  private static void reportOthers(RefusalLog.Decision decision) {
    if (decision.others() > 0) {
      log.warn("Refused: {} more of further origins, without a line each", decision.others());
    }
  }
}
