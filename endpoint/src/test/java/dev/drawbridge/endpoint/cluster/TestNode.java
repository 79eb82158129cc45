package dev.drawbridge.endpoint.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Channels;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.Drawbridge;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** One server of a deployment, as an application would set it up. */
public final class TestNode implements AutoCloseable {
  /** Shows the diagnostics page to this machine. */
  public static final List<String> DEV_MODE =
      List.of("WEBSOCKET_DEV_MODE", "true", "DRAWBRIDGE_DEV_KEY", "off");

  private static final TestTokens TOKENS = new TestTokens();
  private static final JsonMapper JSON = new JsonMapper();

  /** Made by the first question alone: it has a thread. */
  private static final class Http {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
  }

  private final Server server;
  private final ServletContextHandler application;

  private TestNode(Server server, ServletContextHandler application) {
    this.server = server;
    this.application = application;
  }

  /**
   * Starts one.
   *
   * @param settings beside those that every test needs, by name
   * @param attributes of its servlet context, by name
   */
  public static TestNode start(Map<String, String> settings, Map<String, Object> attributes)
      throws Exception {
    ServletContextHandler application = new ServletContextHandler("/");
    Map<String, String> all =
        new HashMap<>(
            Map.of(
                "ENVIRONMENT",
                "development",
                "DRAWBRIDGE_JWT_SECRET",
                TestTokens.SECRET,
                "DRAWBRIDGE_JWT_ISSUER",
                TestTokens.ISSUER,
                "DRAWBRIDGE_JWT_AUDIENCE",
                TestTokens.AUDIENCE,
                "DRAWBRIDGE_CLUSTER_NAME",
                "contract"));
    all.putAll(settings);
    all.forEach(application::setInitParameter);
    application.setAttribute(
        UserSource.class.getName(),
        (UserSource) subject -> Optional.of(User.of(subject, "The " + subject, Set.of("user"))));
    attributes.forEach(application::setAttribute);
    application.addServletContainerInitializer(
        (classes, context) -> Drawbridge.install(context, "/ws", TestNode::endpoint));
    Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    server.setHandler(application);
    server.start();
    return new TestNode(server, application);
  }

  private static void endpoint(Endpoint.Builder endpoint) {
    endpoint.on("echo", JsonNode.class, (message, connection) -> message);
    endpoint.channel(
        "room:",
        rules ->
            rules
                .authorize((user, action, channels) -> channels)
                .clientPublish("chat.message", JsonNode.class)
                .presence());
  }

  public int port() {
    return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
  }

  public URI uri() {
    return URI.create("ws://127.0.0.1:" + port() + "/ws");
  }

  public static String token(String subject) {
    return TOKENS.of(subject);
  }

  /** A client whose {@code welcome} has come. */
  public RecordingClient client(String subject) {
    return RecordingClient.connect(
        URI.create("ws://127.0.0.1:" + port() + "/ws"), TOKENS.of(subject));
  }

  public Channels channels() {
    return Channels.of(application.getServletContext());
  }

  public Connections connections() {
    return Connections.of(application.getServletContext());
  }

  /** What {@code /ws/health} says. */
  public String health() {
    return send(request("/ws/health").build());
  }

  /** What the diagnostics page is made of; for servers in dev mode whose key is off. */
  public JsonNode diagnostics() {
    try {
      return JSON.readTree(send(request("/ws/diagnostics.json").build()));
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  /** What is wrong, by the codes of the page. */
  public List<String> findings() {
    return diagnostics().path("findings").findValuesAsText("code");
  }

  /** One finding of the page. */
  public JsonNode finding(String code) {
    for (JsonNode one : diagnostics().path("findings")) {
      if (one.path("code").asText().equals(code)) {
        return one;
      }
    }
    throw new AssertionError("no finding " + code + ", but " + findings());
  }

  /** Presses a button of the page. */
  public void press(String button, String member, String value) {
    send(
        request("/ws/diagnostics/" + button)
            .header("Content-Type", "application/json")
            .header("Origin", "http://127.0.0.1:" + port())
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    JSON.valueToTree(Map.of(member, value)).toString()))
            .build());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path));
  }

  private static String send(HttpRequest request) {
    try {
      return Http.CLIENT.send(request, HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** True when the engine is reached and keeps up. */
  public boolean isUp() {
    return health().contains("\"cluster\":\"up\"");
  }

  /** True when the engine is not reached. */
  public boolean isDown() {
    return health().contains("\"cluster\":\"down\"");
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new AssertionError("the server must stop", e);
    }
  }
}
