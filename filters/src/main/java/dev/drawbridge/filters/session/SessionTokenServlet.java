package dev.drawbridge.filters.session;

import dev.drawbridge.filters.jwt.Handshake;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.jwt.authentication.SessionTokens;
import dev.drawbridge.filters.log.LogBudget;
import dev.drawbridge.filters.log.Printable;
import dev.drawbridge.filters.log.Traces;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.request.RequestId;
import dev.drawbridge.filters.request.RequestPath;
import dev.drawbridge.filters.request.UrlPattern;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a short token to whom the application's own login has let in: {@code GET}, from a script of
 * the application's own pages, in a session that is there already. The token opens the WebSocket.
 * Thread-safe.
 *
 * <p>Map it to a path such as {@code /ws/token}, in front of which stand {@code DevCorsFilter} and
 * the application's own filters, and not {@code JwtHandshakeFilter}. Who is logged in is said by
 * the request's principal, by {@code DRAWBRIDGE_SESSION_TOKEN_ATTRIBUTE}, or by a {@link
 * SessionUser}.
 */
public final class SessionTokenServlet extends HttpServlet {
  /**
   * Servlet context attribute with the path of this servlet inside the application, such as {@code
   * /ws/token}, while it is mapped to one; a {@code String}.
   */
  public static final String PATH_ATTRIBUTE = SessionTokenServlet.class.getName() + ".path";

  /** Good tokens of one HTTP session at most: {@value}. */
  public static final int MAX_TOKENS = GivenTokens.MAX_TOKENS;

  private static final long serialVersionUID = 1L;
  private static final Logger log = LoggerFactory.getLogger(SessionTokenServlet.class);
  private static final int WARNINGS_PER_MINUTE = 10;
  private static final int SHOWN_CHARACTERS = 64;

  /** The application's own, null without one; it decides alone. */
  private final transient @Nullable SessionUser given;

  /** From {@link #init} to {@link #destroy}; the container publishes it to its threads. */
  private transient @Nullable Counter counter;

  /** Where tokens are handed out: everything that a request needs. */
  private record Counter(
      DrawbridgeRuntime runtime,
      LoggedIn loggedIn,
      boolean revokes,
      LogBudget refusals,
      LogBudget failures,
      ReentrantLock binding) {

    /** That of the settings in force. */
    HandshakeAuthenticator authenticator() {
      return runtime.authenticator();
    }
  }

  /** For {@code web.xml}. */
  public SessionTokenServlet() {
    this.given = null;
  }

  /** For an application that adds it by code and finds its users itself. */
  public SessionTokenServlet(SessionUser user) {
    this.given = user;
  }

  /**
   * What is wrong with the settings that this servlet reads.
   *
   * @return a sentence each; empty when all is well
   */
  public static List<String> problems(Settings settings) {
    return LoggedIn.problems(settings);
  }

  /**
   * Joins the runtime of the web application.
   *
   * @throws ConfigurationException if settings are wrong, no secret is there to sign with, or the
   *     handshake's filter stands in front
   */
  @Override
  public void init(ServletConfig config) throws ServletException {
    super.init(config);
    DrawbridgeRuntime joined = DrawbridgeRuntime.acquire(config);
    try {
      counter = opened(joined, config);
    } catch (RuntimeException e) {
      // A container does not destroy a servlet that did not start.
      log.error(e.getMessage());
      joined.release();
      throw e;
    }
  }

  private Counter opened(DrawbridgeRuntime joined, ServletConfig config) {
    ServletContext context = config.getServletContext();
    Settings settings = joined.settings();
    List<String> problems = new ArrayList<>(problems(settings));
    Collection<String> paths = mappings(config);
    problems.addAll(behindHandshakeFilter(context, config.getServletName(), paths));
    SessionTokens tokens = joined.authenticator().sessionTokens();
    String unavailable = tokens.unavailable();
    if (unavailable != null) {
      problems.add("SessionTokenServlet " + unavailable);
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    joined.authenticator().requireSigning();
    LoggedIn loggedIn = LoggedIn.of(settings, function(context));
    if (loggedIn.isByFunction() && settings.string(Setting.SESSION_TOKEN_ATTRIBUTE) != null) {
      log.warn(
          "DRAWBRIDGE_SESSION_TOKEN_ATTRIBUTE without effect: the application brings its own"
              + " SessionUser");
    }
    paths.stream()
        .filter(path -> path.startsWith("/") && path.indexOf('*') < 0)
        .findFirst()
        .ifPresent(path -> context.setAttribute(PATH_ATTRIBUTE, path));
    log.info(
        "Session tokens at {}: for {}, signed as {}, good for {} s",
        paths,
        loggedIn.source(),
        Refusals.shown(tokens.issuer()),
        tokens.ttl().toSeconds());
    if (List.of(Setting.USERS, Setting.ROLES).stream()
        .anyMatch(each -> "token".equals(settings.string(each)))) {
      log.warn(
          "Session tokens hold no roles, and roles count from the token alone: requires(…) refuses"
              + " their users. Set DRAWBRIDGE_ROLES=database or both");
    }
    return new Counter(
        joined,
        loggedIn,
        settings.bool(Setting.SESSION_TOKEN_REVOKE),
        new LogBudget(WARNINGS_PER_MINUTE, System::nanoTime),
        new LogBudget(WARNINGS_PER_MINUTE, System::nanoTime),
        new ReentrantLock());
  }

  private @Nullable SessionUser function(ServletContext context) {
    return given == null
            && context.getAttribute(SessionUser.class.getName()) instanceof SessionUser brought
        ? brought
        : given;
  }

  @Override
  public void destroy() {
    Counter closing = counter;
    counter = null;
    if (closing != null) {
      getServletContext().removeAttribute(PATH_ATTRIBUTE);
      closing.runtime().release();
    }
  }

  /** Every method comes here: HttpServlet's own TRACE would send the cookies back. */
  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    Counter open = counter;
    if (open == null) {
      throw new ServletException("SessionTokenServlet has not been started");
    }
    protect(request, response);
    try {
      SessionTokens.Signed token = answer(open, request, response);
      byte[] body =
          ("{\"token\":\""
                  + token.token()
                  + "\",\"expiresAt\":"
                  + token.expiresAt().toEpochMilli()
                  + "}")
              .getBytes(StandardCharsets.UTF_8);
      response.setContentType("application/json");
      response.setCharacterEncoding("UTF-8");
      response.setContentLength(body.length);
      response.getOutputStream().write(body);
    } catch (RefusedException e) {
      e.refusal().send(request, response, open.runtime().mode());
    } catch (UnreadableUserException e) {
      fail(open, request, response, e.getMessage(), null);
    } catch (RuntimeException | LinkageError e) {
      fail(open, request, response, null, e);
    }
  }

  /** No cache keeps it, no frame shows it, no page of another origin reads it. */
  private static void protect(HttpServletRequest request, HttpServletResponse response) {
    response.setHeader(RequestId.HEADER, RequestId.of(request));
    response.setHeader("Cache-Control", "no-store");
    response.addHeader("Vary", "Cookie, Authorization, " + SameOrigin.HEADERS);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("X-Frame-Options", "DENY");
    response.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  }

  private static SessionTokens.Signed answer(
      Counter open, HttpServletRequest request, HttpServletResponse response) {
    if (!"GET".equals(request.getMethod())) {
      response.setHeader("Allow", "GET");
      throw new RefusedException(RefusalCode.METHOD_NOT_ALLOWED, "use GET");
    }
    SameOrigin.Reason reason = SameOrigin.refusalOf(request);
    if (reason != null) {
      warn(open, request, reason);
      throw new RefusedException(
          Refusal.of(RefusalCode.SAME_ORIGIN_REQUIRED, reason.hint())
              .withInDevelopment("reason", reason.word()));
    }
    if (request.getAttribute(Handshake.ATTRIBUTE) != null || carriesToken(request)) {
      // Else a token would renew itself for ever.
      throw new RefusedException(
          RefusalCode.CREDENTIALS_AMBIGUOUS,
          "a token does not buy another: ask with the cookie of the session alone, and map no"
              + " JwtHandshakeFilter in front");
    }
    if (request.isRequestedSessionIdFromURL() && !request.isRequestedSessionIdFromCookie()) {
      // Whoever made the link knows that session.
      throw new RefusedException(
          RefusalCode.SESSION_ID_IN_URL,
          "the session's id stands in the address; ask with its cookie alone");
    }
    String subject = open.loggedIn().of(request);
    HttpSession session = open.revokes() ? request.getSession(false) : null;
    if (subject == null) {
      GivenTokens before = session == null ? null : GivenTokens.in(session);
      if (before != null) {
        before.revokeAll();
      }
      throw loginRequired(open);
    }
    SessionTokens.Signed token = open.authenticator().sessionTokens().sign(subject);
    if (session != null) {
      keep(open, session, token, subject);
    }
    log.debug("session token given: requestId={}", RequestId.of(request));
    return token;
  }

  private static boolean carriesToken(HttpServletRequest request) {
    Enumeration<String> lines = request.getHeaders("Authorization");
    while (lines != null && lines.hasMoreElements()) {
      if (lines.nextElement().strip().regionMatches(true, 0, "Bearer", 0, 6)) {
        return true;
      }
    }
    return false;
  }

  private static RefusedException loginRequired(Counter open) {
    return new RefusedException(
        RefusalCode.LOGIN_REQUIRED, "no user comes from " + open.loggedIn().source());
  }

  private static void keep(
      Counter open, HttpSession session, SessionTokens.Signed token, String subject) {
    Instant now = open.runtime().clock().instant();
    Instant usedUntil = token.expiresAt().plus(open.authenticator().leeway());
    GivenTokens.Outcome outcome;
    open.binding().lock();
    try {
      GivenTokens present = GivenTokens.in(session);
      GivenTokens tokens = present == null ? GivenTokens.newIn(session) : present;
      outcome = add(open, tokens, token, subject, usedUntil, now);
      if (outcome == GivenTokens.Outcome.SESSION_ENDED) {
        // A login that copies the attributes into a new session leaves an ended one in it.
        outcome = add(open, GivenTokens.newIn(session), token, subject, usedUntil, now);
      }
    } catch (IllegalStateException e) {
      // Logged out since the request came in.
      throw loginRequired(open);
    } finally {
      open.binding().unlock();
    }
    if (outcome == GivenTokens.Outcome.TOO_MANY) {
      Duration wait = Duration.between(now, usedUntil);
      throw new RefusedException(
          Refusal.of(RefusalCode.RATE_LIMITED, "good tokens of one session must be < " + MAX_TOKENS)
              .with("limit", MAX_TOKENS)
              .with("current", MAX_TOKENS)
              .retryAfter(Math.max(1, (int) wait.toSeconds())));
    }
  }

  private static GivenTokens.Outcome add(
      Counter open,
      GivenTokens tokens,
      SessionTokens.Signed token,
      String subject,
      Instant usedUntil,
      Instant now) {
    return tokens.add(token, subject, usedUntil, open.authenticator().revocations(), now);
  }

  private static void warn(Counter open, HttpServletRequest request, SameOrigin.Reason reason) {
    int withheld = open.refusals().take();
    if (withheld != LogBudget.NOTHING) {
      String origin = request.getHeader("Origin");
      log.warn(
          "session token refused: {} reason={} path={} origin={} withheld={} requestId={}"
              + " hint=\"{}\"",
          RefusalCode.SAME_ORIGIN_REQUIRED.word(),
          reason.word(),
          Printable.word(RequestPath.of(request), SHOWN_CHARACTERS),
          origin == null ? "-" : Printable.word(origin, SHOWN_CHARACTERS),
          withheld,
          RequestId.of(request),
          reason.hint());
    }
  }

  private static void fail(
      Counter open,
      HttpServletRequest request,
      HttpServletResponse response,
      @Nullable String why,
      @Nullable Throwable failure)
      throws IOException {
    int withheld = open.failures().take();
    if (withheld != LogBudget.NOTHING) {
      log.error(
          "session token failed: the user from {}{} withheld={} requestId={}",
          open.loggedIn().source(),
          why == null ? "" : ": " + why,
          withheld,
          RequestId.of(request),
          failure == null ? null : Traces.withoutMessage(failure));
    }
    Refusal refusal =
        why == null ? Refusal.of(RefusalCode.INTERNAL) : Refusal.of(RefusalCode.INTERNAL, why);
    refusal.send(request, response, open.runtime().mode());
  }

  private static Collection<String> mappings(ServletConfig config) {
    ServletRegistration own =
        config.getServletContext().getServletRegistration(config.getServletName());
    return own == null ? Set.of() : own.getMappings();
  }

  /** That filter asks for the token that is to be had here. */
  private static List<String> behindHandshakeFilter(
      ServletContext context, String name, Collection<String> paths) {
    List<String> problems = new ArrayList<>();
    for (FilterRegistration filter : context.getFilterRegistrations().values()) {
      if (!JwtHandshakeFilter.class.getName().equals(filter.getClassName())) {
        continue;
      }
      boolean byName = filter.getServletNameMappings().contains(name);
      for (String path : paths) {
        for (String pattern : filter.getUrlPatternMappings()) {
          if (byName || UrlPattern.matches(pattern, path)) {
            problems.add(
                "SessionTokenServlet at "
                    + path
                    + " stands behind JwtHandshakeFilter at "
                    + pattern
                    + ", which asks for the token that is to be had here: map the filter to /ws and"
                    + " /ws/diagnose, or the servlet to a path of its own");
          }
        }
      }
    }
    return problems;
  }
}
