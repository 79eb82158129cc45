package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Set;

/** A server with the diagnostics page, and what tests do with it. */
final class DiagnosticsServer implements AutoCloseable {
  /** Of a page that is let in. */
  static final String PAGE = "http://localhost:3000";

  private static final JsonMapper JSON = new JsonMapper();
  final TestServer server =
      TestServer.setup()
          .cors()
          .endpoint(endpoint -> endpoint.on("echo", JsonNode.class, (data, connection) -> data))
          .start();

  DiagnosticsServer() {
    server.users().put(User.of("dave", "Dave", Set.of()));
  }

  @Override
  public void close() {
    server.close();
  }

  static JsonNode json(HttpResponse<String> response) {
    try {
      return JSON.readTree(response.body());
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(response.body(), e);
    }
  }

  JsonNode document() {
    return json(server.get("/ws/diagnostics.json"));
  }

  JsonNode attempt(String id) {
    for (JsonNode attempt : document().path("attempts")) {
      if (attempt.path("id").asText().equals(id)) {
        return attempt;
      }
    }
    throw new AssertionError("no attempt " + id);
  }

  JsonNode connection(String subject) {
    for (JsonNode connection : document().path("connections")) {
      if (connection.path("subject").asText().equals(subject)) {
        return connection;
      }
    }
    return JSON.missingNode();
  }

  RecordingClient connect(String subject, String attempt) {
    return RecordingClient.connect(
        URI.create(server.uri() + "?attempt=" + attempt),
        options -> options.token(TestServer.TOKENS.of(subject)).header("Origin", PAGE));
  }

  void refused(String attempt, String token, String... headers) {
    assertThatThrownBy(
            () ->
                RecordingClient.connect(
                    URI.create(server.uri() + "?attempt=" + attempt),
                    options -> {
                      options.token(token);
                      for (int i = 0; i < headers.length; i += 2) {
                        options.header(headers[i], headers[i + 1]);
                      }
                    }))
        .isInstanceOf(RecordingClient.Refused.class);
  }

  HttpResponse<String> press(String button, String member, String value) {
    return server.post(
        "/ws/diagnostics/" + button,
        JSON.valueToTree(Map.of(member, value)).toString(),
        "Content-Type",
        "application/json",
        "Origin",
        "http://127.0.0.1:" + server.port());
  }
}
