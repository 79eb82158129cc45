package com.example.consumer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.endpoint.Drawbridge;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.migrations.Migrations;
import java.net.InetSocketAddress;
import java.net.URI;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;

/** Uses each published jar once: migrates, adds a user, connects, and is refused. */
public final class Consumer {
  private static final String URL = "jdbc:h2:mem:consumer;DB_CLOSE_DELAY=-1";

  private Consumer() {}

  public static void main(String[] args) throws Exception {
    Migrations.builder().url(URL).build().run();
    try (Database database = Database.open(DatabaseConfig.builder().url(URL).build())) {
      database.transact(
          session ->
              session
                  .update(
                      "INSERT INTO app_user (id, subject, display_name) VALUES ('1', ?, ?)",
                      "alice",
                      "Alice")
                  .run());
    }
    ServletContextHandler application = new ServletContextHandler("/");
    application.setInitParameter("ENVIRONMENT", "development");
    application.setInitParameter("WEBSOCKET_DEV_MODE", "true");
    application.setInitParameter("drawbridge.jwt.secret", TestTokens.SECRET);
    application.setInitParameter("drawbridge.db.url", URL);
    application.addServletContainerInitializer(
        (classes, context) ->
            Drawbridge.install(
                context,
                "/ws",
                endpoint -> endpoint.on("echo", JsonNode.class, (data, connection) -> data)));
    Server server = new Server(new InetSocketAddress("127.0.0.1", 0));
    server.setHandler(application);
    server.start();
    try {
      URI uri = URI.create("ws://127.0.0.1:" + server.getURI().getPort() + "/ws");
      try (RecordingClient alice = RecordingClient.connect(uri, new TestTokens().of("alice"))) {
        require(alice.request("echo", 42).data().asInt() == 42, "the echo is another");
        alice.leave();
      }
      try {
        RecordingClient.connect(uri, options -> {}).abort();
        throw new IllegalStateException("a stranger was let in");
      } catch (RecordingClient.Refused refused) {
        require(refused.status() == 401, "the refusal is " + refused.status());
      }
      require(
          Consumer.class.getResource("/META-INF/resources/drawbridge/drawbridge.js") != null,
          "the client's script is missing");
    } finally {
      server.stop();
    }
    System.out.println("The consumer connected.");
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalStateException(otherwise);
    }
  }
}
