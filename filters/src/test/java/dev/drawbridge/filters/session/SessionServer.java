package dev.drawbridge.filters.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServlet;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServletFactory;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.session.DefaultSessionIdManager;
import org.eclipse.jetty.session.HouseKeeper;
import org.eclipse.jetty.websocket.api.annotations.OnWebSocketError;

/**
 * A real Jetty with an application that has a login of its own: {@code /do} changes the session as
 * a test says, {@code /ws/token} gives tokens, {@code /ws} is a WebSocket behind the handshake.
 */
final class SessionServer implements AutoCloseable {
  static final String SECRET = "kT9vXw2Lq7ZrB4nYc8MfHs1DgPe6JuAa3Ri5";
  static final String ISSUER = "https://shop.example.org";
  static final String AUDIENCE = "shop";
  static final ObjectMapper JSON = new ObjectMapper();

  /** What a browser says of a script's request to the page's own origin. */
  static final String[] SCRIPT = {
    "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"
  };

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final long TIMEOUT_SECONDS = 20;

  final Map<String, User> users = new ConcurrentHashMap<>();
  final ServletContextHandler context =
      new ServletContextHandler("/", ServletContextHandler.SESSIONS);

  private final Server server = new Server(0);
  private volatile Consumer<HttpServletRequest> action = request -> {};

  static Map<String, String> production(String... more) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("ENVIRONMENT", "production");
    settings.put("drawbridge.jwt.secret", SECRET);
    settings.put("drawbridge.jwt.issuer", ISSUER);
    settings.put("drawbridge.jwt.audience", AUDIENCE);
    settings.put("drawbridge.auth.failures.per.minute", "0");
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return settings;
  }

  static Map<String, String> development(String... more) {
    Map<String, String> settings = production(more);
    settings.put("ENVIRONMENT", "development");
    settings.put("WEBSOCKET_DEV_MODE", "true");
    return settings;
  }

  SessionServer(Map<String, String> settings) {
    this(settings, new SessionTokenServlet());
  }

  SessionServer(Map<String, String> settings, SessionTokenServlet tokens) {
    settings.forEach(context::setInitParameter);
    users.put("alice", User.of("alice", "Alice", Set.of("user")));
    users.put("bob", User.of("bob", "Bob", Set.of("user")));
    UserSource source = subject -> Optional.ofNullable(users.get(subject));
    context.setAttribute(UserSource.class.getName(), source);
    FilterHolder cors = new FilterHolder(new DevCorsFilter());
    cors.setAsyncSupported(true);
    context.addFilter(cors, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ERROR));
    FilterHolder jwt = new FilterHolder(new JwtHandshakeFilter());
    jwt.setAsyncSupported(true);
    context.addFilter(jwt, "/ws", EnumSet.of(DispatcherType.REQUEST));
    JettyWebSocketServletContainerInitializer.configure(context, null);
    context.addServlet(new ServletHolder(new SilentServlet()), "/ws/*");
    ServletHolder holder = new ServletHolder("tokens", tokens);
    holder.setInitOrder(1);
    context.addServlet(holder, "/ws/token");
    context.addServlet(new ServletHolder(new ActionServlet()), "/do");
    server.setHandler(context);
  }

  SessionServer start() throws Exception {
    // Jetty looks for sessions whose time is over every ten minutes.
    DefaultSessionIdManager ids = new DefaultSessionIdManager(server);
    HouseKeeper keeper = new HouseKeeper();
    keeper.setSessionIdManager(ids);
    keeper.setIntervalSec(1);
    ids.setSessionHouseKeeper(keeper);
    server.addBean(ids, true);
    server.start();
    return this;
  }

  DrawbridgeRuntime runtime() {
    return (DrawbridgeRuntime)
        context.getServletContext().getAttribute(DrawbridgeRuntime.class.getName());
  }

  int port() {
    return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
  }

  String origin() {
    return "http://localhost:" + port();
  }

  /** One browser's cookie. */
  final class Visitor {
    private String cookie = "";

    /** Does something with the request inside of the application; makes a session if it asks. */
    void does(Consumer<HttpServletRequest> what) throws Exception {
      action = what;
      HttpResponse<String> answer = send("GET", "/do");
      if (answer.statusCode() != 204) {
        throw new AssertionError(answer.body());
      }
    }

    void logsInAs(Object user) throws Exception {
      does(request -> request.getSession().setAttribute("user", user));
    }

    HttpResponse<String> asks(String... headers) throws Exception {
      return send("GET", "/ws/token", headers);
    }

    /** A token for a script of the own page. */
    String token() throws Exception {
      HttpResponse<String> answer = asks(SCRIPT);
      if (answer.statusCode() != 200) {
        throw new AssertionError(answer.body());
      }
      return json(answer).get("token").asText();
    }

    HttpResponse<String> send(String method, String path, String... headers) throws Exception {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(origin() + path))
              .method(method, HttpRequest.BodyPublishers.noBody());
      for (int i = 0; i < headers.length; i += 2) {
        request.header(headers[i], headers[i + 1]);
      }
      if (!cookie.isEmpty()) {
        request.header("Cookie", cookie);
      }
      HttpResponse<String> answer =
          CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
      answer
          .headers()
          .firstValue("Set-Cookie")
          .ifPresent(line -> cookie = line.substring(0, line.indexOf(';')));
      return answer;
    }
  }

  Visitor visitor() {
    return new Visitor();
  }

  /** 101, or the code of the refusal. */
  String handshake(String token) throws Exception {
    try {
      CLIENT
          .newWebSocketBuilder()
          .subprotocols("drawbridge.v1", "drawbridge.bearer." + token)
          .buildAsync(URI.create("ws://localhost:" + port() + "/ws"), new WebSocket.Listener() {})
          .get(TIMEOUT_SECONDS, TimeUnit.SECONDS)
          .abort();
      return "101";
    } catch (ExecutionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        return JSON.readTree(String.valueOf(refused.getResponse().body())).get("code").asText();
      }
      throw e;
    }
  }

  static JsonNode json(HttpResponse<String> answer) throws IOException {
    return JSON.readTree(answer.body());
  }

  static String code(HttpResponse<String> answer) throws IOException {
    return answer.statusCode() == 200 ? "ok" : json(answer).path("code").asText();
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Copies the attributes into a new session, as logins did before Servlet 3.1. */
  static void moveToNewSession(HttpServletRequest request) {
    HttpSession old = request.getSession(false);
    Map<String, Object> attributes = new LinkedHashMap<>();
    for (String name : Collections.list(old.getAttributeNames())) {
      attributes.put(name, old.getAttribute(name));
    }
    old.invalidate();
    HttpSession next = request.getSession(true);
    attributes.forEach(next::setAttribute);
  }

  private final class ActionServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      action.accept(request);
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    }
  }

  private static final class SilentServlet extends JettyWebSocketServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(JettyWebSocketServletFactory factory) {
      factory.setCreator(
          (request, response) -> {
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
    /** The tests' clients hang up without a word; Jetty would log that. */
    @OnWebSocketError
    public void onError(Throwable ignored) {}
  }
}
