package dev.drawbridge.filters.jwt;

import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.attempt.AttemptFacts;
import dev.drawbridge.filters.attempt.TokenFacts;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.cors.rules.OriginPolicy;
import dev.drawbridge.filters.jwt.authentication.Authentication;
import dev.drawbridge.filters.jwt.authentication.Credentials;
import dev.drawbridge.filters.jwt.authentication.FailureLimiter;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.jwt.authentication.Transport;
import dev.drawbridge.filters.jwt.token.TokenSignature;
import dev.drawbridge.filters.jwt.token.VerifiedToken;
import dev.drawbridge.filters.log.Traces;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.request.Passage;
import dev.drawbridge.filters.request.RequestId;
import dev.drawbridge.filters.request.UpgradeRequest;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a request through only as an authenticated, active user; everyone else is told why. Put it
 * behind {@code DevCorsFilter} on the WebSocket's path, and on any other path that it shall guard.
 * Thread-safe.
 *
 * <p>Behind it stands a {@link Handshake} as request attribute, and the request answers {@code
 * getUserPrincipal}, {@code getRemoteUser} and {@code isUserInRole}. It never calls {@code
 * startAsync}: after an asynchronous dispatch a container skips filters that are not mapped for it.
 */
public final class JwtHandshakeFilter implements Filter {
  private static final Logger log = LoggerFactory.getLogger(JwtHandshakeFilter.class);

  /** From {@link #init} to {@link #destroy}; the container publishes it to its threads. */
  private @Nullable DrawbridgeRuntime runtime;

  private @Nullable Gate gate;

  /** Everything that a request needs, present as a whole or not at all. */
  private record Gate(DrawbridgeRuntime runtime, HandshakeLog lines, AtomicBoolean orderIsKnown) {

    /** That of the settings in force: a request asks once. */
    HandshakeAuthenticator authenticator() {
      return runtime.authenticator();
    }

    /**
     * The Servlet API does not tell the order of filters; the first request that a page has sent
     * does.
     */
    void checkOrder(HttpServletRequest request) {
      if (!orderIsKnown.get()
          && request.getHeader("Origin") != null
          && orderIsKnown.compareAndSet(false, true)
          && request.getServletContext().getAttribute(OriginPolicy.class.getName()) != null
          && !DevCorsFilter.hasPassed(request)) {
        log.warn(
            "JwtHandshakeFilter runs before DevCorsFilter, so a page of another origin cannot read"
                + " why it is refused. Fix: put the <filter-mapping> of DevCorsFilter, with"
                + " <url-pattern>/*</url-pattern>, first in web.xml");
      }
    }
  }

  /**
   * Joins the runtime of the web application.
   *
   * @throws dev.drawbridge.filters.settings.ConfigurationException if settings are wrong; it lists
   *     all
   */
  @Override
  public void init(FilterConfig config) {
    DrawbridgeRuntime joined = DrawbridgeRuntime.acquire(config);
    try {
      log.debug("tokens are taken from {}", joined.authenticator().transports());
      joined.checkUsers();
      gate =
          new Gate(
              joined,
              new HandshakeLog(
                  () -> joined.authenticator().maxTokenChars(),
                  joined.mode().isDevelopment(),
                  System::nanoTime),
              new AtomicBoolean());
      runtime = joined;
      UpgradeWatch.start(config.getServletContext());
    } catch (RuntimeException e) {
      // A container does not destroy a filter that did not start.
      log.error(e.getMessage());
      joined.release();
      throw e;
    }
  }

  @Override
  public void destroy() {
    gate = null;
    if (runtime != null) {
      runtime.release();
      runtime = null;
    }
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Gate open = gate;
    if (open == null
        || !(request instanceof HttpServletRequest http)
        || !(response instanceof HttpServletResponse answer)) {
      throw new ServletException(
          "JwtHandshakeFilter is not initialized or the request is not HTTP");
    }
    UpgradeWatch.seen(http);
    // Mapped twice, or a forward or dispatch inside the application: the user is known already.
    if (request.getAttribute(Handshake.ATTRIBUTE) instanceof Handshake known) {
      chain.doFilter(AuthenticatedRequest.isOne(request) ? http : wrapped(http, known), response);
      return;
    }
    if (open.runtime().management().opens(http)) {
      // The operator's secret opens the routes of management alone, and makes nobody a user.
      chain.doFilter(http, response);
      return;
    }
    HttpServletRequest authenticated = authenticate(open, http, answer);
    if (authenticated == null) {
      return;
    }
    if (UpgradeRequest.asksForWebSocket(http)) {
      Passage.through(chain, authenticated, answer);
    } else {
      chain.doFilter(authenticated, response);
    }
  }

  /** Returns the request to go on with, or null after a refusal was sent. */
  private static @Nullable HttpServletRequest authenticate(
      Gate gate, HttpServletRequest request, HttpServletResponse response) throws IOException {
    HandshakeLog.Line line = new HandshakeLog.Line(RequestId.of(request), System.nanoTime());
    HandshakeAuthenticator authenticator = gate.authenticator();
    Attempt attempt = null;
    Attempt.Stage stage = Attempt.Stage.CREDENTIAL;
    try {
      gate.checkOrder(request);
      attempt = gate.runtime().attempts().of(request);
      AttemptFacts facts = attempt == null ? null : attempt.facts();
      line.credential = authenticator.credentials().find(request);
      if (attempt != null) {
        attempt.transport(line.credential.transport().word());
      }
      pass(attempt, stage);
      if (facts != null) {
        facts.token(
            TokenFacts.of(
                line.credential.token(),
                authenticator.maxTokenChars(),
                gate.runtime().clock().millis()));
      }
      stage = Attempt.Stage.TOKEN;
      line.token = authenticator.verify(line.credential.token());
      line.tokenAt = System.nanoTime();
      pass(attempt, stage);
      if (facts != null) {
        facts.tokenIsVerified(line.token.subject());
      }
      stage = Attempt.Stage.USER;
      Authentication user = authenticator.admit(line.token);
      line.userAt = System.nanoTime();
      pass(attempt, stage);
      if (facts != null) {
        facts.subject(user.user().subject());
      }
      Handshake handshake =
          handshake(user, request, attempt, line.requestId, line.credential.transport());
      request.setAttribute(Handshake.ATTRIBUTE, handshake);
      request.setAttribute(TokenSignature.ATTRIBUTE, line.token.signature());
      gate.lines().accepted(request, line);
      return wrapped(request, handshake);
    } catch (RefusedException e) {
      refuse(gate, authenticator, request, response, line, e.refusal(), attempt, stage);
      return null;
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      if (gate.runtime().rehearses()) {
        throw e;
      }
      // A class that is missing in this deployment must not look like a server that is gone.
      log.error("handshake failed: requestId={}", line.requestId, Traces.withoutMessage(e));
      Refusal internal = Refusal.of(RefusalCode.INTERNAL);
      refuse(gate, authenticator, request, response, line, internal, attempt, stage);
      return null;
    }
  }

  private static void pass(@Nullable Attempt attempt, Attempt.Stage stage) {
    if (attempt != null) {
      attempt.passed(stage);
    }
  }

  private static Handshake handshake(
      Authentication authentication,
      HttpServletRequest request,
      @Nullable Attempt attempt,
      String requestId,
      Transport transport) {
    VerifiedToken token = authentication.token();
    return new Handshake(
        authentication.user(),
        token.tokenId(),
        token.issuedAt(),
        token.expiresAt(),
        authentication.user().roles(),
        request.getHeader("Origin"),
        attempt == null ? requestId : attempt.id(),
        transport.word(),
        token.roles(),
        token.claims());
  }

  private static AuthenticatedRequest wrapped(HttpServletRequest request, Handshake handshake) {
    List<String> subprotocols =
        Credentials.subprotocols(request.getHeaders(Credentials.PROTOCOL_HEADER));
    if (!subprotocols.isEmpty()) {
      subprotocols.removeIf(Credentials::isTokenEntry);
    }
    return new AuthenticatedRequest(request, handshake, subprotocols);
  }

  private static void refuse(
      Gate gate,
      HandshakeAuthenticator authenticator,
      HttpServletRequest request,
      HttpServletResponse response,
      HandshakeLog.Line line,
      Refusal refusal,
      @Nullable Attempt attempt,
      Attempt.Stage stage)
      throws IOException {
    Refusal sent = refusal;
    if (refusal.code().status() < HttpServletResponse.SC_INTERNAL_SERVER_ERROR) {
      FailureLimiter limiter = authenticator.failures();
      String address = request.getRemoteAddr();
      FailureLimiter.Standing standing =
          UpgradeRequest.isHandshake(request) ? limiter.failed(address) : limiter.look(address);
      if (standing.isOver()) {
        sent =
            Refusal.of(
                    RefusalCode.RATE_LIMITED,
                    "failed handshakes of one address and minute must be <= "
                        + standing.limit()
                        + ": "
                        + standing.current())
                .with("limit", standing.limit())
                .with("current", standing.current())
                .retryAfter(standing.waitSeconds());
      }
    }
    if (attempt != null) {
      attempt.refused(stage, sent);
    }
    if (!gate.runtime().rehearses()) {
      gate.lines().refused(request, line, sent, refusal.code());
    }
    sent.send(request, response, gate.runtime().mode());
  }
}
