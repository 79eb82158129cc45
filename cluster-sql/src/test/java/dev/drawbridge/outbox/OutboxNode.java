package dev.drawbridge.outbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Channels;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.Drawbridge;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.MemoryCluster;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/** One server of a deployment with an outbox in its database, as an application would set it up. */
final class OutboxNode implements AutoCloseable {
  private static final TestTokens TOKENS = new TestTokens();
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Server server;
  private final ServletContextHandler application;
  private final Database database;

  private OutboxNode(Server server, ServletContextHandler application, Database database) {
    this.server = server;
    this.application = application;
    this.database = database;
  }

  /** An empty database with our tables. */
  static TestDatabase migrated(TestServer kind) {
    TestDatabase fresh = kind.newDatabase();
    migrate(fresh.url(), fresh.user(), fresh.password());
    return fresh;
  }

  static void migrate(String url, String user, String password) {
    Migrations.builder().url(url).user(user).password(password).mode(Mode.MIGRATE).build().run();
  }

  /** Starts one alone. */
  static OutboxNode start(TestDatabase at) throws Exception {
    return start(at.url(), at.user(), at.password(), null, Map.of());
  }

  /** Starts one that shares its log with the others of a cluster. */
  static OutboxNode start(TestDatabase at, @Nullable MemoryCluster cluster) throws Exception {
    return start(at.url(), at.user(), at.password(), cluster, Map.of());
  }

  /** Starts one alone that waits for a statement no longer than this. */
  static OutboxNode start(TestDatabase at, Duration statement) throws Exception {
    return start(
        DatabaseConfig.builder()
            .url(at.url())
            .user(at.user())
            .password(at.password())
            .poolSize(8)
            .queryTimeout(statement)
            .build(),
        null,
        Map.of());
  }

  static OutboxNode start(
      String url,
      String user,
      String password,
      @Nullable MemoryCluster cluster,
      Map<String, String> settings)
      throws Exception {
    return start(
        DatabaseConfig.builder().url(url).user(user).password(password).poolSize(8).build(),
        cluster,
        settings);
  }

  static OutboxNode start(
      DatabaseConfig config, @Nullable MemoryCluster cluster, Map<String, String> settings)
      throws Exception {
    return start(config, cluster, settings, 0);
  }

  static OutboxNode start(
      DatabaseConfig config,
      @Nullable MemoryCluster cluster,
      Map<String, String> settings,
      int port)
      throws Exception {
    Database database = Database.open(config);
    ServletContextHandler application = new ServletContextHandler("/");
    Map<String, String> all =
        new HashMap<>(
            Map.of(
                "ENVIRONMENT",
                "development",
                "WEBSOCKET_DEV_MODE",
                "true",
                "DRAWBRIDGE_DEV_KEY",
                "off",
                "DRAWBRIDGE_JWT_SECRET",
                TestTokens.SECRET,
                "DRAWBRIDGE_JWT_ISSUER",
                TestTokens.ISSUER,
                "DRAWBRIDGE_JWT_AUDIENCE",
                TestTokens.AUDIENCE));
    all.putAll(settings);
    all.forEach(application::setInitParameter);
    application.setAttribute(Database.class.getName(), database);
    application.setAttribute(
        UserSource.class.getName(),
        (UserSource) subject -> Optional.of(User.of(subject, "The " + subject, Set.of("user"))));
    if (cluster != null) {
      application.setAttribute(ClusterEngine.class.getName(), cluster.engine());
    }
    application.addServletContainerInitializer(
        (classes, context) -> Drawbridge.install(context, "/ws", OutboxNode::endpoint));
    Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    server.setHandler(application);
    server.start();
    return new OutboxNode(server, application, database);
  }

  private static void endpoint(Endpoint.Builder endpoint) {
    endpoint.channel(
        "orders:", rules -> rules.authorize((user, action, channels) -> channels).presence());
  }

  int port() {
    return ((ServerConnector) server.getConnectors()[0]).getLocalPort();
  }

  /** A client whose {@code welcome} has come. */
  RecordingClient client(String subject) {
    return RecordingClient.connect(
        URI.create("ws://127.0.0.1:" + port() + "/ws"), TOKENS.of(subject));
  }

  Database database() {
    return database;
  }

  Outbox outbox() {
    return Outbox.of(application.getServletContext());
  }

  /** Asks its clients to go elsewhere, and does not wait for it. */
  void drain() {
    CompletionStage<Void> unused = Connections.of(application.getServletContext()).drain();
  }

  /** Publishes past the outbox. */
  void publish(String channel, String type, Object data) {
    CompletionStage<Position> unused =
        Channels.of(application.getServletContext()).publish(channel, type, data);
  }

  /** What the diagnostics page shows. */
  JsonNode diagnostics() {
    return json("/ws/diagnostics");
  }

  /** Is there a finding of this code now? */
  boolean finds(String code) {
    for (JsonNode finding : diagnostics().path("findings")) {
      if (finding.path("code").asText().equals(code)) {
        return true;
      }
    }
    return false;
  }

  private JsonNode json(String path) {
    try {
      return JSON.readTree(
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                      .header("Accept", "application/json")
                      .build(),
                  HttpResponse.BodyHandlers.ofString())
              .body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new AssertionError("the server must stop", e);
    } finally {
      database.close();
    }
  }
}
