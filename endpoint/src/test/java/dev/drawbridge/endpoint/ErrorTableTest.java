package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.testkit.Event.Closed;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every row of the error table of PROTOCOL.md, brought about on a real server: the page is read,
 * and a code without a way to cause it fails.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ErrorTableTest {
  private static final Pattern CLOSES = Pattern.compile("\\b(\\d{4})\\b");

  private final Map<String, Consumer<RecordingClient>> causes = new HashMap<>();
  private TestServer server;

  @BeforeAll
  void start() {
    server =
        TestServer.setup()
            .set("drawbridge.handler.timeout", "200ms")
            .set("drawbridge.messages.per.second", "20")
            .set("drawbridge.message.burst", "20")
            .set("drawbridge.channels.per.connection", "2")
            .attribute(ClusterEngine.class.getName(), new FaultyEngine())
            .endpoint(
                endpoint ->
                    endpoint
                        .channel(
                            "room:",
                            rules ->
                                rules
                                    .authorize(
                                        (user, action, names) ->
                                            names.contains("room:no") ? Set.of() : names)
                                    .clientPublish("note", String.class))
                        .on("echo", JsonNode.class, (data, connection) -> data)
                        .on("count", Integer.class, (data, connection) -> data)
                        .on("guarded", Void.class)
                        .requires("admin")
                        .handle((data, connection) -> null)
                        .on("never", Void.class, (data, c) -> new CompletableFuture<String>())
                        .on(
                            "fails",
                            Void.class,
                            (data, connection) -> {
                              throw new IllegalStateException("a secret");
                            }))
            .start();
    text("message_not_json", "{");
    text("message_not_object", "[]");
    text(
        "message_too_deep", "{\"type\":\"echo\",\"data\":" + "[".repeat(32) + "]".repeat(32) + "}");
    text("message_duplicate_member", "{\"type\":\"echo\",\"type\":\"echo\"}");
    text("message_type_missing", "{\"id\":\"i\"}");
    text("message_type_invalid", "{\"type\":\"Echo\"}");
    text("message_type_unknown", "{\"type\":\"ecko\"}");
    text("message_type_reserved", "{\"type\":\"welcome\"}");
    text("message_id_invalid", "{\"type\":\"echo\",\"id\":\"\"}");
    text("message_data_invalid", "{\"type\":\"count\",\"data\":\"1\"}");
    text("message_forbidden", "{\"type\":\"guarded\"}");
    text("message_too_large", "{\"type\":\"echo\",\"data\":\"" + "x".repeat(65_536) + "\"}");
    text("handler_failed", "{\"type\":\"fails\"}");
    text("handler_timeout", "{\"type\":\"never\"}");
    publish("channel_invalid", "no name", "note");
    publish("channel_unknown", "nothing:1", "note");
    publish("channel_forbidden", "room:no", "note");
    publish("publish_forbidden", "room:1", "other");
    publish("engine_unavailable", FaultyEngine.AWAY, "note");
    publish("publish_unknown", FaultyEngine.SILENT, "note");
    text(
        "too_many_channels",
        "{\"type\":\"subscribe\",\"id\":\"s\",\"data\":{\"channels\":[\"room:1\",\"room:2\",\"room:3\"]}}");
    causes.put(
        "resume_not_first",
        client -> {
          client.request("echo", 1);
          client.send("resume", Map.of("epoch", "abcdefgh", "seq", 0, "channels", List.of()));
        });
    causes.put("message_not_text", client -> client.sendBinary(new byte[1]));
    causes.put("rate_limited", ErrorTableTest::flood);
    causes.put(
        "principal_changed",
        client ->
            client.send(
                "auth", Map.of("token", TestServer.TOKENS.of("mallory", Duration.ofHours(2)))));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private void text(String code, String text) {
    causes.put(code, client -> client.sendText(text));
  }

  private void publish(String code, String channel, String type) {
    causes.put(code, client -> client.publish(channel, type, "x"));
  }

  /** Until it is closed: the answers are read by the test. */
  private static void flood(RecordingClient client) {
    for (int i = 0; i < 30; i++) {
      client.sendText("{\"type\":\"echo\"}");
    }
  }

  @TestFactory
  Stream<DynamicTest> everyRowOfThePageHappensAsItSays() {
    List<DynamicTest> tests = new ArrayList<>();
    for (List<String> row : ProtocolTables.rows("5. ")) {
      Matcher closes = CLOSES.matcher(row.get(1));
      int code = closes.find() ? Integer.parseInt(closes.group(1)) : 0;
      for (String word : ProtocolTables.words(row.get(0))) {
        if (!word.equals("MessageRefused")) {
          tests.add(dynamicTest(word, () -> happens(word, code)));
        }
      }
    }
    assertThat(tests).hasSizeGreaterThan(15);
    return tests.stream();
  }

  private void happens(String word, int closes) {
    assertThat(causes).containsKey(word);
    try (RecordingClient client = server.connect("alice")) {
      causes.get(word).accept(client);

      JsonNode error = client.expectError(word).json().path("error");
      assertThat(error.path("message").asText()).isNotEmpty().doesNotContain("secret");
      assertThat(error.path("action").asText()).isNotEmpty();
      assertThat(error.path("requestId").asText()).isNotEmpty();
      assertThat(error.path("retryable").isBoolean()).isTrue();
      assertThat(error.path("retryable").asBoolean())
          .isEqualTo(List.of("wait", "refresh_token").contains(error.path("action").asText()));
      if (word.equals("rate_limited")) {
        // That it closes after ten seconds of it is shown by the flood of FaultTest.
        assertThat(error.path("retryAfterMs").asLong()).isPositive();
        client.abort();
        client.forget();
      } else if (closes != 0) {
        assertThat(client.expectClose(closes).reason()).isEqualTo(word);
      } else {
        client.send("ping", "p", null);
        assertThat(client.expect("pong").id()).isEqualTo("p");
        client.leave();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"welcome", "ack", "error", "auth.expiring", "drain"})
  void reservedTypeIsTheServersAlone(String type) {
    try (RecordingClient client = server.connect("alice")) {
      client.send(type, "r", Map.of());

      assertThat(client.expectError("message_type_reserved").id()).isEqualTo("r");
      client.leave();
    }
  }

  /** Each step of the one validation path comes before the next, whatever else is wrong. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"type\":7,\"type\":8|message_duplicate_member",
        "[{\"a\":1,\"a\":2}]|message_duplicate_member",
        "{\"id\":7}|message_type_missing",
        "{\"type\":\"Echo\",\"id\":7}|message_type_invalid",
        "{\"type\":\"ecko\",\"id\":7}|message_id_invalid",
        "{\"type\":\"welcome\",\"data\":{},\"id\":null}|message_type_reserved",
        "{\"type\":\"count\",\"id\":\"\u00e9\",\"data\":\"x\"}|message_id_invalid",
        "{\"type\":null,\"id\":\"i\"}|message_type_missing",
        "{\"type\":\"count\",\"data\":null}|message_data_invalid",
        "{\"type\":\"count\"}|message_data_invalid",
      })
  void firstFaultOfThePathIsTheAnswer(String text, String code) {
    try (RecordingClient client = server.connect("alice")) {
      client.sendText(text);

      client.expectError(code);
      client.leave();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "token_malformed",
        "token_signature_invalid",
        "token_expired",
        "token_lifetime_too_long",
        "token_subject_invalid",
        "token_too_large",
        "auth_unavailable",
        "token_not_newer",
        "message_data_invalid",
      })
  void refusedAuthIsAnsweredByItsCodeAndTheConnectionStays(String code) {
    try (RecordingClient client = server.connect("bob")) {
      if (code.equals("auth_unavailable")) {
        server.users().broken(true);
        server.directory().invalidate("bob");
      }
      Frame error = client.request("auth", auth(code));

      assertThat(error.errorCode()).isEqualTo(code);
      assertThat(error.json().toString()).doesNotContain("eyJ");
      for (RefusalCode known : RefusalCode.values()) {
        if (known.word().equals(code)) {
          assertThat(error.json().at("/error/action").asText()).isEqualTo(known.action().word());
          assertThat(error.json().at("/error/retryable").asBoolean())
              .isEqualTo(known.isRetryable());
        }
      }
      client.send("ping", "p", null);
      client.expect("pong");
      client.leave();
    } finally {
      server.users().broken(false);
    }
  }

  private static Map<String, Object> auth(String code) {
    long now = System.currentTimeMillis() / 1000;
    String good = TestServer.TOKENS.of("bob", Duration.ofHours(2));
    return switch (code) {
      case "token_malformed" -> Map.of("token", "a.b.c");
      case "token_signature_invalid" ->
          Map.of("token", good.substring(0, good.length() - 4) + "AAAA");
      case "token_expired" -> Map.of("token", TestServer.TOKENS.of("bob", Duration.ofHours(-1)));
      case "token_lifetime_too_long" ->
          Map.of("token", TestServer.TOKENS.of("bob", Duration.ofDays(2)));
      case "token_subject_invalid" ->
          Map.of(
              "token",
              TestServer.TOKENS.sign(
                  Map.of(
                      "iss", "http://localhost", "aud", "drawbridge", "iat", now, "exp", now + 9)));
      case "token_too_large" -> Map.of("token", "x".repeat(7000));
      case "token_not_newer" -> Map.of("token", TestServer.TOKENS.of("bob", Duration.ofMinutes(5)));
      case "message_data_invalid" -> Map.of("token", 5);
      default -> Map.of("token", good);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"user_disabled", "user_not_found"})
  void authOfAUserWhoIsNotAllowedAnyMoreCloses(String code) {
    server.users().put(User.of("crowd", "Crowd", java.util.Set.of()));
    server.directory().invalidate("crowd");
    try (RecordingClient client = server.connect("crowd")) {
      client.send("ping", "p", null);
      client.expect("pong");
      // The directory forgets, but tells nobody: the connection learns it from its own auth.
      ServerConnection link = server.connections().links("crowd").get(0);
      server.core().connections().remove(link);
      if (code.equals("user_disabled")) {
        server.users().put(User.builder("crowd").status(User.Status.SUSPENDED).build());
      } else {
        server.users().remove("crowd");
      }
      server.directory().invalidate("crowd");

      Frame error =
          client.request(
              "auth", Map.of("token", TestServer.TOKENS.of("crowd", Duration.ofHours(2))));
      server.core().connections().add(link);

      assertThat(error.errorCode()).isEqualTo(code);
      assertThat(client.nextEvent()).isEqualTo(new Closed(4403, code));
    }
    // The next one must not find this connection.
    TestServer.await("the connection is gone", () -> server.connections().links("crowd").isEmpty());
  }
}
