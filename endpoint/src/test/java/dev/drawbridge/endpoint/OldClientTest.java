package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.RawHttp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of earlier commits, as they were, speak with this server: PROTOCOL.md section 12. */
class OldClientTest {
  private static final Path FOLDER = Path.of("src", "test", "resources", "old-clients");

  /** What a handler is asked for, and refuses when it is something else. */
  record Numbered(int number) {}

  private final TestServer server =
      TestServer.setup()
          .endpoint(
              builder ->
                  builder
                      .on("echo", JsonNode.class, (data, connection) -> data)
                      .on("number", Numbered.class, (data, connection) -> data)
                      .on(
                          "push",
                          JsonNode.class,
                          (data, connection) -> {
                            connection.send("news", Map.of("of", connection.user().subject()));
                            return null;
                          })
                      .on("cut", JsonNode.class, this::cut)
                      .on("expire", JsonNode.class, this::expire)
                      .on(
                          "empty.server",
                          JsonNode.class,
                          (data, connection) -> {
                            assertThat(this.server().connections().drain()).isNotNull();
                            return null;
                          })
                      .channel(
                          "room:",
                          room ->
                              room.authorize((user, action, names) -> names)
                                  .clientPublish("said", JsonNode.class)
                                  .presence()))
          .start();

  @AfterEach
  void stop() {
    server.close();
  }

  private TestServer server() {
    return server;
  }

  private ServerConnection link(Connection connection) {
    return server().connections().link(connection.id());
  }

  /** As when a line breaks; what is published meanwhile must not be lost. */
  private Object cut(JsonNode data, Connection connection) {
    link(connection).abort("a test");
    server().core().publishing().publish("room:1", "said", Map.of("text", "two"));
    return null;
  }

  private Object expire(JsonNode data, Connection connection) {
    link(connection).credential(now -> now.expiringAt(server().core().clock().instant()));
    return null;
  }

  private static boolean hasNode() throws InterruptedException {
    try {
      return new ProcessBuilder("node", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @ParameterizedTest
  @CsvSource({"1aef5e16, ws, ''", "c0ba3883, http, /config", "4fbca7cc, http, /config"})
  void clientOfAnEarlierCommitSpeaksWithThisServer(
      String commit, String scheme, String route, @TempDir Path directory) throws Exception {
    Path output = directory.resolve("output");
    assumeTrue(hasNode(), "node is not installed");
    Process node =
        new ProcessBuilder(
                "node",
                "--no-warnings",
                "--experimental-websocket",
                FOLDER.resolve("talk.mjs").toString(),
                FOLDER.resolve("client-" + commit + ".mjs").toAbsolutePath().toString(),
                scheme + "://127.0.0.1:" + server.port() + "/ws" + route,
                TestServer.TOKENS.of("alice"),
                TestServer.TOKENS.of("alice", Duration.ofHours(9)))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = node.waitFor(40, TimeUnit.SECONDS);
    node.destroyForcibly();

    String[] told = Files.readString(output).split("\n", -1);
    assertThat(ended).as(String.join("\n", told)).isTrue();
    assertThat(told)
        .as(String.join("\n", told))
        .contains(
            "welcome [\"drawbridge.v1\",\"alice\",65536]",
            "echo {\"text\":\"ä😀\"}",
            "ping true",
            "news [{\"of\":\"alice\"}]",
            "unknown \"message_type_unknown\"",
            "invalid \"message_data_invalid\"",
            "reserved \"message_type_reserved\"",
            "cut 1",
            "renewed 2",
            "drain \"waiting\"",
            "closed \"closed\"");
    if (commit.equals("4fbca7cc")) {
      assertThat(told)
          .contains(
              "published true",
              "members [\"alice\"]",
              "messages [{\"text\":\"one\"},{\"text\":\"two\"}]");
    }
    assertThat(node.exitValue()).isZero();
  }

  @Test
  void clientThatOffersALaterVersionTooGetsTheOneThatBothSpeak() {
    for (List<String> offered :
        List.of(
            List.of("drawbridge.v2", "drawbridge.v1"),
            List.of("drawbridge.v1", "drawbridge.v2", "chat"))) {
      try (RecordingClient client =
          RecordingClient.connect(
              server.uri(),
              options -> {
                options.token(TestServer.TOKENS.of("alice"));
                offered.forEach(options::subprotocol);
              })) {
        assertThat(client.subprotocol()).isEqualTo("drawbridge.v1");
        client.expect("welcome");
        client.send("from.the.future", "f1", 1);
        client.expectError("message_type_unknown");
        client.sendText("{\"type\":\"echo\",\"id\":\"e1\",\"data\":1,\"trace\":{\"of\":2}}");
        assertThat(client.expect("ack").id()).isEqualTo("e1");
      }
    }
  }

  /** As a browser has to say it: the token stands beside the offer. */
  @Test
  void pageThatOffersALaterVersionAloneIsRefusedByTheFilter() throws Exception {
    String token = TestServer.TOKENS.of("alice");
    List<RawHttp.Answer> answers = new ArrayList<>();
    for (String offered : List.of("drawbridge.v2", "drawbridge.v2, drawbridge.v1")) {
      answers.add(
          RawHttp.send(
              server.port(),
              "GET /ws?client=later/9&from=the.future",
              "Upgrade: websocket",
              "Connection: Upgrade",
              "Sec-WebSocket-Version: 13",
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
              "Sec-WebSocket-Protocol: " + offered + ", drawbridge.bearer." + token));
    }

    assertThat(answers.get(0).status()).isEqualTo(400);
    assertThat(answers.get(0).body()).contains("\"subprotocol_missing\"");
    assertThat(answers.get(1).status()).isEqualTo(101);
    assertThat(answers.get(1).header("Sec-WebSocket-Protocol")).contains("drawbridge.v1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'auth','id':'x','later':1,'data':{'token':'TOKEN','later':{'of':2}}}",
        "{'type':'ping','id':'x','later':1,'data':{'t':1,'later':[1]}}",
        "{'type':'subscribe','id':'x','data':{'channels':['room:1'],'later':null}}",
        "{'type':'resume','id':'x','data':{'channels':['room:1'],'epoch':'k3ZqTbWx','seq':1,'later':1}}",
        "{'type':'unsubscribe','id':'x','data':{'channels':['room:1'],'later':1}}",
        "{'type':'presence','id':'x','channel':'room:2','later':1,'data':{'later':1}}",
        "{'type':'publish','id':'x','channel':'room:2','data':{'type':'said','data':1,'later':1}}",
      })
  void membersOfALaterVersionAreIgnoredInEachFrameOfTheProtocol(String frame) {
    try (RecordingClient client =
        RecordingClient.connect(
            server.uri(), options -> options.token(TestServer.TOKENS.of("alice")))) {
      client.expect("welcome");
      if (frame.contains("presence")) {
        client.subscribe("room:2");
      }

      client.sendText(
          frame
              .replace('\'', '"')
              .replace("TOKEN", TestServer.TOKENS.of("alice", Duration.ofHours(9))));

      Event.Frame answer = client.expect(frame.contains("ping") ? "pong" : "ack");
      assertThat(answer.id()).isEqualTo("x");
      client.forget();
    }
  }

  @Test
  void clientThatOffersALaterVersionAloneIsRefused() {
    assertThatThrownBy(
            () ->
                RecordingClient.connect(
                    server.uri(),
                    options ->
                        options.token(TestServer.TOKENS.of("alice")).subprotocol("drawbridge.v2")))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(400));
  }

  /** What was frozen stays frozen. */
  @Test
  void eachClientStandsInTheListWithItsCommit() throws IOException {
    String list = Files.readString(FOLDER.resolve("README.md"));
    try (Stream<Path> files = Files.list(FOLDER)) {
      List<String> clients =
          files
              .map(each -> each.getFileName().toString())
              .filter(n -> n.startsWith("client-"))
              .toList();

      assertThat(clients)
          .hasSizeGreaterThanOrEqualTo(3)
          .allMatch(n -> list.contains("`" + n + "`"));
    }
  }
}
