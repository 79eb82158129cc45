package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The test kit keeps its promises, and its README compiles. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RecordingClientTest {
  private TestServer server;

  @BeforeAll
  void start() {
    server =
        TestServer.setup()
            .endpoint(endpoint -> endpoint.on("echo", JsonNode.class, (data, c) -> data))
            .start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void eventThatIsLeftUnreadFailsTheTest() {
    RecordingClient client = server.connect("alice");
    client.request("echo", 1);
    server.connections().all().send("news", 7).toCompletableFuture().join();

    // Sent, but perhaps not here yet.
    assertThatThrownBy(client::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("left unread")
        .hasMessageContaining("news");
  }

  @Test
  void closeThatIsLeftUnreadFailsTheTest() {
    RecordingClient client = server.connect("alice");
    server.connections().list().forEach(Connection::close);
    TestServer.await("it is closed", () -> server.connections().isEmpty());

    assertThatThrownBy(client::close).hasMessageContaining("Closed[code=1000");
  }

  @Test
  void everythingReadOrForgottenPasses() {
    try (RecordingClient client = server.connect("alice")) {
      server.connections().all().send("news", 7).toCompletableFuture().join();
      client.expect("news");
    }
    RecordingClient client = server.connect("alice");
    server.connections().list().forEach(Connection::close);
    client.expectClose(1000);
    client.close();
    TestServer.await("nobody is left", () -> server.connections().isEmpty());
  }

  @Test
  void somethingElseThanWasExpectedIsTold() {
    try (RecordingClient client = server.connect("alice")) {
      client.send("echo", "e", 5);
      assertThatThrownBy(() -> client.expect("news"))
          .isInstanceOf(AssertionError.class)
          .hasMessage(
              "expected a frame of type news, got {\"type\":\"ack\",\"id\":\"e\",\"data\":5}");
    }
  }

  @Test
  void tokensOfAnotherSecretAreRefused() {
    TestTokens others =
        new TestTokens(
            "another-secret-of-more-than-32-bytes!",
            "http://localhost",
            "drawbridge",
            Clock.systemUTC());

    assertThatThrownBy(() -> RecordingClient.connect(server.uri(), others.of("alice")))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(401));
  }

  @Test
  void serverThatSendsNoFramesIsFound() throws Exception {
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> serving = CompletableFuture.runAsync(() -> sendHello(listening));
      RecordingClient client =
          RecordingClient.connect(
              URI.create("ws://127.0.0.1:" + listening.getLocalPort()), options -> {});

      assertThatThrownBy(client::close)
          .hasMessage("the server sent something that is no JSON object: hello");
      serving.join();
    }
  }

  private static void sendHello(ServerSocket listening) {
    try (Socket socket = listening.accept()) {
      InputStream in = socket.getInputStream();
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) in.read());
      }
      String key = head.toString().replaceAll("(?s).*Sec-WebSocket-Key: (\\S+).*", "$1");
      String accept =
          Base64.getEncoder()
              .encodeToString(
                  MessageDigest.getInstance("SHA-1")
                      .digest(
                          (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                              .getBytes(StandardCharsets.US_ASCII)));
      String answer =
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Accept: "
              + accept
              + "\r\n\r\n\u0081\u0005hello\u0088\u0000";
      socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
      // Until the client has gone.
      in.readAllBytes();
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void exampleOfTheReadmeIsTheOneThatIsCompiledAndRun() throws IOException {
    String readme = Files.readString(Path.of("..", "endpoint-testkit", "README.md"));
    String block = readme.substring(readme.indexOf("```java\npackage ") + "```java\n".length());

    assertThat(block.substring(0, block.indexOf("```")))
        .isEqualTo(Files.readString(Path.of("src/test/java/com/example/EchoServletTest.java")));
  }

  @Test
  void clientAndTokensNeedNoOtherModule() throws IOException {
    Path kit = Path.of("..", "endpoint-testkit");
    String pom = Files.readString(kit.resolve("pom.xml"));

    // For the fakes alone; the application brings it.
    assertThat(pom.substring(pom.indexOf("<dependencies>")))
        .doesNotContainPattern(
            "<artifactId>drawbridge-[^<]+</artifactId>\\s*(?!\\s*<scope>provided)<");
    for (String name : new String[] {"RecordingClient", "TestTokens", "Event", "Options"}) {
      Path source = kit.resolve("src/main/java/dev/drawbridge/endpoint/testkit/" + name + ".java");
      if (Files.exists(source)) {
        assertThat(Files.readString(source))
            .as(name)
            .doesNotContainPattern("import dev\\.drawbridge\\.(?!endpoint\\.testkit\\.)");
      }
    }
  }
}
