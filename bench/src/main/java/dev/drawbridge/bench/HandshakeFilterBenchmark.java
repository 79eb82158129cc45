package dev.drawbridge.bench;

import dev.drawbridge.bench.load.server.Arguments;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.crypto.spec.SecretKeySpec;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the filters add to a handshake whose token and user are known: credential, cache of tokens,
 * revocations, user, attempt record, wrapped request; with and without the origin's check in front.
 * Between a request and a response that cost next to nothing themselves.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(3)
public class HandshakeFilterBenchmark {
  private static final String SECRET = "a-secret-for-benchmarks-only-5d0f1e2c7b3a4968";

  private Server server;
  private Filter cors;
  private Filter jwt;
  private Handshake handshake;
  private Answer answer;
  private FilterChain end;
  private FilterChain toJwt;

  /** The container starts the filters; their requests come from here. */
  @Setup
  public void start() throws Exception {
    ServletContextHandler context =
        BenchServer.application(Arguments.parse("--secret", SECRET, "--users", "10"));
    JettyWebSocketServletContainerInitializer.configure(context, null);
    server = new Server();
    server.setHandler(context);
    server.start();
    cors = filter(context, DevCorsFilter.class);
    jwt = filter(context, JwtHandshakeFilter.class);
    handshake = new Handshake(context.getServletContext(), token());
    answer = new Answer();
    end = (request, response) -> answer.passed++;
    toJwt = (request, response) -> jwt.doFilter(request, response, end);
    both();
    if (answer.passed != 1) {
      throw new IllegalStateException("the handshake is refused");
    }
  }

  private static Filter filter(ServletContextHandler context, Class<? extends Filter> type) {
    return Arrays.stream(context.getServletHandler().getFilters())
        .map(FilterHolder::getFilter)
        .filter(type::isInstance)
        .findFirst()
        .orElseThrow();
  }

  private static String token() throws Exception {
    JwtClaims claims = new JwtClaims();
    claims.setIssuer("http://localhost");
    claims.setAudience("drawbridge");
    claims.setSubject("user-1");
    claims.setIssuedAtToNow();
    claims.setExpirationTimeMinutesInTheFuture(60);
    JsonWebSignature signature = new JsonWebSignature();
    signature.setAlgorithmHeaderValue("HS256");
    signature.setPayload(claims.toJson());
    signature.setKey(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    return signature.getCompactSerialization();
  }

  /** Stops the server. */
  @TearDown
  public void stop() throws Exception {
    server.stop();
  }

  /** Authentication alone. */
  @Benchmark
  public int authentication() throws IOException, ServletException {
    handshake.attributes.clear();
    jwt.doFilter(handshake, answer, end);
    return answer.passed;
  }

  /** Origin, then authentication. */
  @Benchmark
  public int both() throws IOException, ServletException {
    handshake.attributes.clear();
    cors.doFilter(handshake, answer, toJwt);
    return answer.passed;
  }

  /** Stands behind the wrapper for what no filter calls. */
  private static <T> T unused(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException(method.getName());
            }));
  }

  private static final class Handshake extends HttpServletRequestWrapper {
    private final Map<String, Object> attributes = new HashMap<>();
    private final Map<String, List<String>> headers;
    private final ServletContext context;

    Handshake(ServletContext context, String token) {
      super(unused(HttpServletRequest.class));
      this.context = context;
      this.headers =
          Map.of(
              "Host", List.of("localhost"),
              "Origin", List.of("https://app.example.org"),
              "Upgrade", List.of("websocket"),
              "Connection", List.of("Upgrade"),
              "Sec-WebSocket-Protocol", List.of("drawbridge.v1"),
              "Sec-WebSocket-Version", List.of("13"),
              "Authorization", List.of("Bearer " + token));
    }

    @Override
    public String getHeader(String name) {
      List<String> values = headers.get(name);
      return values == null ? null : values.get(0);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
      return Collections.enumeration(headers.getOrDefault(name, List.of()));
    }

    @Override
    public Enumeration<String> getHeaderNames() {
      return Collections.enumeration(headers.keySet());
    }

    @Override
    public String getMethod() {
      return "GET";
    }

    @Override
    public String getScheme() {
      return "http";
    }

    @Override
    public String getServerName() {
      return "localhost";
    }

    @Override
    public int getServerPort() {
      return 8080;
    }

    @Override
    public String getRequestURI() {
      return "/ws";
    }

    @Override
    public String getQueryString() {
      return null;
    }

    @Override
    public String getRemoteAddr() {
      return "127.0.0.1";
    }

    @Override
    public Cookie[] getCookies() {
      return null;
    }

    @Override
    public ServletContext getServletContext() {
      return context;
    }

    @Override
    public Object getAttribute(String name) {
      return attributes.get(name);
    }

    @Override
    public void setAttribute(String name, Object value) {
      attributes.put(name, value);
    }
  }

  private static final class Answer extends HttpServletResponseWrapper {
    private int passed;

    Answer() {
      super(unused(HttpServletResponse.class));
    }

    @Override
    public String getHeader(String name) {
      return null;
    }

    @Override
    public Collection<String> getHeaders(String name) {
      return List.of();
    }

    @Override
    public void setHeader(String name, String value) {}

    @Override
    public void addHeader(String name, String value) {}
  }
}
