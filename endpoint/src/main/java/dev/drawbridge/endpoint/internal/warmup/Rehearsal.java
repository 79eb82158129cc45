package dev.drawbridge.endpoint.internal.warmup;

import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import dev.drawbridge.endpoint.internal.transport.Loopback;
import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Filters and servlet as in the web application, one behind the other, and a client before them.
 * Used by one thread.
 */
final class Rehearsal implements AutoCloseable {
  private static final String ORIGIN = "https://warm-up.example.org";
  private static final Duration LONGEST_ANSWER = Duration.ofSeconds(5);
  private static final int SECRET_BYTES = 32;

  /** Every other handshake has a token that is known, as of one who comes back. */
  private static final int VISITS_OF_A_TOKEN = 2;

  /** What is said takes other threads, which costs more of the time than it makes quicker. */
  private static final int VISITS_PER_TALK = 8;

  private final Stage stage;
  private final DrawbridgeRuntime runtime;
  private final InMemoryUpgrade inMemory;

  /** Through the container; null where that has no such way. */
  private final @Nullable Loopback loopback;

  private final DevCorsFilter origins = new DevCorsFilter();
  private final JwtHandshakeFilter tokens = new JwtHandshakeFilter();
  private final HttpServlet servlet;

  /** What has started, the last one first. */
  private final Deque<Runnable> open = new ArrayDeque<>();

  private int visits;
  private String token = "";

  /** Where the visit before was; null before the first. */
  private @Nullable String position;

  /**
   * Starts all of it.
   *
   * @param real settings of the web application, of which those count that decide what is run
   * @param upgrade how it upgrades
   * @param twin makes the servlet, to be started in a context of its own
   */
  Rehearsal(
      ServletContext context,
      Settings real,
      SocketUpgrade upgrade,
      Function<SocketUpgrade, HttpServlet> twin)
      throws ServletException {
    stage = new Stage(context);
    inMemory = new InMemoryUpgrade(upgrade.transport());
    loopback = upgrade.loopback();
    servlet = twin.apply(loopback == null ? inMemory : new Answering(loopback.upgrade()));
    runtime = DrawbridgeRuntime.rehearsal(stage.context(), settings(real));
    open.push(runtime::release);
    try {
      origins.init(stage.filter());
      open.push(origins::destroy);
      tokens.init(stage.filter());
      open.push(tokens::destroy);
      servlet.init(stage.servlet());
      open.push(servlet::destroy);
    } catch (ServletException | RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** The container answers past the servlet's response, which does not hear of it. */
  private record Answering(SocketUpgrade upgrade) implements SocketUpgrade {
    @Override
    public boolean upgrade(
        HandshakeRequest request, HttpServletResponse response, TransportOwner owner)
        throws IOException {
      boolean upgraded = upgrade.upgrade(request, response, owner);
      if (upgraded) {
        response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
      }
      return upgraded;
    }

    @Override
    public TransportChoice transport() {
      return upgrade.transport();
    }
  }

  private static Settings settings(Settings real) {
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    Map<String, String> values = new HashMap<>();
    values.put(
        Setting.JWT_SECRET.variable(),
        "base64url:" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
    values.put(Setting.JWT_ISSUER.variable(), ORIGIN);
    values.put(Setting.JWT_AUDIENCE.variable(), "warm-up");
    values.put(Setting.WEBSOCKET_ALLOWED_ORIGINS.variable(), ORIGIN);
    values.put(Setting.CONNECTIONS_PER_USER.variable(), "0");
    // The machine may have much to do at a start.
    values.put(Setting.USER_LOOKUP_TIMEOUT.variable(), "30s");
    values.put(Setting.HANDLER_TIMEOUT.variable(), "10m");
    values.put(Setting.SEND_TIMEOUT.variable(), "10m");
    if ("token".equals(real.string(Setting.USERS))) {
      values.put(Setting.USERS.variable(), "token");
    }
    if (real.bool(Setting.COMPRESSION)) {
      values.put(Setting.COMPRESSION.variable(), "true");
    }
    return Settings.of(values);
  }

  /**
   * One client comes, is welcomed, says what clients say, and goes.
   *
   * @throws IllegalStateException if it is not let in
   */
  void visit() throws IOException, ServletException, InterruptedException, TimeoutException {
    boolean talks = visits % VISITS_PER_TALK == 0;
    Loopback.Line line = handshake();
    line.next(LONGEST_ANSWER);
    if (talks && position != null) {
      line.send(position);
      line.next(LONGEST_ANSWER);
    }
    for (String message : talks ? Script.talk() : Script.word()) {
      line.send(message);
      String answer = line.next(LONGEST_ANSWER);
      if (position == null) {
        position = Script.resume(answer);
      }
    }
    line.leave();
  }

  private Loopback.Line handshake()
      throws IOException, ServletException, InterruptedException, TimeoutException {
    boolean byBrowser = visits % (2 * VISITS_OF_A_TOKEN) < VISITS_OF_A_TOKEN;
    if (visits % VISITS_OF_A_TOKEN == 0) {
      token = runtime.authenticator().sessionTokens().sign(Stage.SUBJECT).token();
    }
    visits++;
    Map<String, String> headers =
        StandInRequest.headers(
            ORIGIN,
            byBrowser
                ? Map.of("Sec-WebSocket-Protocol", "drawbridge.v1, drawbridge.bearer." + token)
                : Map.of("Authorization", "Bearer " + token));
    if (loopback != null) {
      ClassLoader own = Thread.currentThread().getContextClassLoader();
      return loopback.open(headers, received -> answerIn(own, headers, received));
    }
    int status = answer(headers, null);
    Loopback.Line line = inMemory.take();
    if (line == null) {
      throw new IllegalStateException("a handshake was answered with " + status);
    }
    return line;
  }

  /** On a thread of the container, which does not know whose it is. */
  private void answerIn(ClassLoader own, Map<String, String> headers, Object received)
      throws IOException, ServletException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(own);
    try {
      answer(headers, received);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** Through both filters to the servlet. */
  private int answer(Map<String, String> headers, @Nullable Object received)
      throws IOException, ServletException {
    StandInResponse answer = new StandInResponse();
    HttpServletRequest request =
        new StandInRequest(stage.context(), headers, received).as(HttpServletRequest.class);
    FilterChain end = servlet::service;
    FilterChain behindOrigins = (one, other) -> tokens.doFilter(one, other, end);
    origins.doFilter(request, answer.as(HttpServletResponse.class), behindOrigins);
    return answer.status();
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      open.pop().run();
    }
  }
}
