package dev.drawbridge.filters.testing;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.Handshake;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.FilterMapping;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServlet;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServletFactory;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.annotations.OnWebSocketError;
import org.eclipse.jetty.websocket.api.annotations.OnWebSocketOpen;

/**
 * A real Jetty with the filter in front of a WebSocket at {@code /ws} and a servlet at {@code
 * /api}.
 */
public final class TestServer implements AutoCloseable {

  public static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final long TIMEOUT_SECONDS = 20;

  public final Map<String, User> users = new ConcurrentHashMap<>();

  /** What the WebSocket's creator saw, one entry for each upgrade that came through. */
  public final List<Upgrade> upgrades = new CopyOnWriteArrayList<>();

  private final Server server = new Server(0);
  private final ServletContextHandler context = new ServletContextHandler("/");

  public record Upgrade(
      List<String> subprotocols, List<String> protocolHeaders, Handshake handshake, String user) {}

  /** The answer to a handshake: 101, or the refusal. */
  public record Answer(int status, String body, Map<String, List<String>> headers) {
    public Optional<String> header(String name) {
      return headers.entrySet().stream()
          .filter(entry -> entry.getKey().equalsIgnoreCase(name))
          .map(entry -> entry.getValue().get(0))
          .findFirst();
    }

    public String code() {
      String start = "\"code\":\"";
      int at = body.indexOf(start);
      return at < 0
          ? "none (" + status + ")"
          : body.substring(at + start.length(), body.indexOf('"', at + start.length()));
    }
  }

  /** Settings that tests start from; development unless they say otherwise. */
  public static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("ENVIRONMENT", "development");
    settings.put("WEBSOCKET_DEV_MODE", "true");
    settings.put("drawbridge.jwt.secret", TestTokens.SECRET);
    settings.put("drawbridge.jwt.issuer", TestTokens.ISSUER);
    settings.put("drawbridge.jwt.audience", TestTokens.AUDIENCE);
    return settings;
  }

  public static Map<String, String> production() {
    Map<String, String> settings = settings();
    settings.put("ENVIRONMENT", "production");
    settings.remove("WEBSOCKET_DEV_MODE");
    return settings;
  }

  public TestServer(Map<String, String> settings) {
    this(settings, Map.of());
  }

  public TestServer(Map<String, String> settings, Map<Class<?>, Object> brought) {
    settings.forEach(context::setInitParameter);
    users.put("alice", User.of("alice", "Alice", Set.of("user", "admin")));
    if (!settings.containsKey("drawbridge.db.url")) {
      context.setAttribute(
          UserSource.class.getName(),
          (UserSource) subject -> Optional.ofNullable(users.get(subject)));
    }
    brought.forEach((type, object) -> context.setAttribute(type.getName(), object));
    FilterHolder filter = new FilterHolder(new JwtHandshakeFilter());
    filter.setAsyncSupported(true);
    context.addFilter(filter, "/ws/*", EnumSet.of(DispatcherType.REQUEST));
    context.addFilter(filter, "/api/*", EnumSet.of(DispatcherType.REQUEST));
    JettyWebSocketServletContainerInitializer.configure(context, null);
    context.addServlet(new ServletHolder(new EchoServlet()), "/ws/*");
    context.addServlet(new ServletHolder(new WhoServlet()), "/api/*");
    server.setHandler(context);
  }

  /** Puts the origin check in front, as an application does. */
  public TestServer behindDevCorsFilter() {
    FilterHolder cors = new FilterHolder(new DevCorsFilter());
    cors.setAsyncSupported(true);
    context.getServletHandler().prependFilter(cors);
    FilterMapping mapping = new FilterMapping();
    mapping.setFilterName(cors.getName());
    mapping.setPathSpec("/*");
    context.getServletHandler().prependFilterMapping(mapping);
    return this;
  }

  public TestServer start() throws Exception {
    server.start();
    return this;
  }

  public ServletContextHandler context() {
    return context;
  }

  public DrawbridgeRuntime runtime() {
    return (DrawbridgeRuntime)
        context.getServletContext().getAttribute(DrawbridgeRuntime.class.getName());
  }

  /** Stage and code that an attempt ended with. */
  public String attempt(String id) {
    return runtime()
        .attempts()
        .find(id)
        .map(attempt -> attempt.stage().word() + " " + attempt.code())
        .orElseThrow();
  }

  public int port() {
    return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
  }

  public URI uri(String path) {
    return URI.create("http://localhost:" + port() + path);
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** A real handshake of the JDK's client with these header lines. */
  public Answer handshake(String... headers) {
    return handshakeAt("/ws", List.of(), headers);
  }

  public Answer handshakeWith(List<String> subprotocols, String... headers) {
    return handshakeAt("/ws", subprotocols, headers);
  }

  public Answer handshakeAt(String path, List<String> subprotocols, String... headers) {
    WebSocket.Builder builder = CLIENT.newWebSocketBuilder().connectTimeout(Duration.ofSeconds(10));
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    if (!subprotocols.isEmpty()) {
      builder.subprotocols(
          subprotocols.get(0), subprotocols.subList(1, subprotocols.size()).toArray(String[]::new));
    }
    try {
      WebSocket socket =
          builder
              .buildAsync(
                  URI.create("ws://localhost:" + port() + path), new WebSocket.Listener() {})
              .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      String subprotocol = socket.getSubprotocol();
      socket.abort();
      return new Answer(101, "", Map.of("Sec-WebSocket-Protocol", List.of(subprotocol)));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        HttpResponse<?> response = refused.getResponse();
        return new Answer(
            response.statusCode(), String.valueOf(response.body()), response.headers().map());
      }
      throw new AssertionError("no HTTP answer", e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("no answer in time", e);
    }
  }

  public Answer bearer(String token) {
    return handshake("Authorization", "Bearer " + token);
  }

  /** A handshake written byte for byte, for header lines that no client library would send. */
  public Answer raw(String path, String... lines) {
    StringBuilder head = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    head.append(
        "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n");
    head.append("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n");
    for (String line : lines) {
      head.append(line).append("\r\n");
    }
    return send(head);
  }

  /** An ordinary GET written byte for byte; the lines hold the {@code Host} too. */
  public Answer plain(String path, String... lines) {
    StringBuilder head = new StringBuilder("GET " + path + " HTTP/1.1\r\nConnection: close\r\n");
    for (String line : lines) {
      head.append(line).append("\r\n");
    }
    return send(head);
  }

  private Answer send(StringBuilder head) {
    byte[] bytes = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
      socket.getOutputStream().write(bytes);
      return RawAnswer.read(socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Upgrades and records what it sees. */
  private final class EchoServlet extends JettyWebSocketServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(JettyWebSocketServletFactory factory) {
      factory.setCreator(
          (request, response) -> {
            upgrades.add(
                new Upgrade(
                    List.copyOf(request.getSubProtocols()),
                    List.copyOf(request.getHeaders("Sec-WebSocket-Protocol")),
                    (Handshake) request.getServletAttribute(Handshake.ATTRIBUTE),
                    request.getHttpServletRequest().getRemoteUser()));
            if (request.getSubProtocols().contains("drawbridge.v1")) {
              response.setAcceptedSubProtocol("drawbridge.v1");
            }
            return new SilentEndpoint();
          });
    }
  }

  /** Accepts and says nothing. */
  @org.eclipse.jetty.websocket.api.annotations.WebSocket
  public static final class SilentEndpoint {
    @OnWebSocketOpen
    public void onOpen(Session session) {}

    /** The tests' clients hang up without a word; Jetty would log that. */
    @OnWebSocketError
    public void onError(Throwable ignored) {}
  }

  /** Says who asks. */
  private static final class WhoServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.setContentType("text/plain");
      response
          .getWriter()
          .print(
              request.getRemoteUser()
                  + " "
                  + request.getUserPrincipal().getName()
                  + " admin="
                  + request.isUserInRole("admin")
                  + " auditor="
                  + request.isUserInRole("auditor")
                  + " "
                  + request.getAuthType()
                  + " subprotocols="
                  + request.getHeader("Sec-WebSocket-Protocol"));
    }
  }
}
