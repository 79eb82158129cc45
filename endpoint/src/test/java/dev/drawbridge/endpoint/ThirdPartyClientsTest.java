package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocketListener;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.client.ClientUpgradeRequest;
import org.eclipse.jetty.websocket.client.WebSocketClient;
import org.java_websocket.handshake.ServerHandshake;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Clients of others hold a conversation: welcome, ping, echo, and a close with 1000. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ThirdPartyClientsTest {
  private static final String PING = "{\"type\":\"ping\",\"id\":\"p\",\"data\":{\"t\":5}}";
  private static final String PONG = "{\"type\":\"pong\",\"id\":\"p\",\"data\":{\"t\":5}}";
  private static final String ECHO = "{\"type\":\"echo\",\"id\":\"e\",\"data\":\"ä😀\"}";
  private static final String ACK = "{\"type\":\"ack\",\"id\":\"e\",\"data\":\"ä😀\"}";

  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
  private TestServer server;

  @BeforeAll
  void start() {
    server =
        TestServer.setup()
            // Some clients offer it and must live with either answer.
            .set("drawbridge.compression", "true")
            .endpoint(e -> e.on("echo", JsonNode.class, (data, connection) -> data))
            .start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private String token() {
    return TestServer.TOKENS.of("alice");
  }

  private String next() {
    try {
      String text = seen.poll(10, TimeUnit.SECONDS);
      assertThat(text).as("something within 10 s").isNotNull();
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Test
  void okHttp() {
    OkHttpClient client = new OkHttpClient.Builder().pingInterval(Duration.ofMillis(200)).build();
    try {
      okhttp3.WebSocket socket =
          client.newWebSocket(
              new Request.Builder()
                  .url(server.uri().toString())
                  .header("Sec-WebSocket-Protocol", "drawbridge.v1, drawbridge.bearer." + token())
                  .build(),
              new WebSocketListener() {
                @Override
                public void onMessage(okhttp3.WebSocket webSocket, String text) {
                  seen.add(text);
                }

                @Override
                public void onClosed(okhttp3.WebSocket webSocket, int code, String reason) {
                  seen.add("closed " + code);
                }

                @Override
                public void onFailure(okhttp3.WebSocket webSocket, Throwable t, Response response) {
                  seen.add("failed " + t);
                }
              });
      assertThat(next()).startsWith("{\"type\":\"welcome\"");
      assertThat(socket.send(PING)).isTrue();
      assertThat(next()).isEqualTo(PONG);
      // Long enough for pings of the protocol itself, which OkHttp insists on.
      assertThat(seenWithin(Duration.ofMillis(700))).isNull();
      assertThat(socket.send(ECHO)).isTrue();
      assertThat(next()).isEqualTo(ACK);
      assertThat(socket.close(1000, "")).isTrue();
      assertThat(next()).isEqualTo("closed 1000");
    } finally {
      client.dispatcher().executorService().shutdown();
      client.connectionPool().evictAll();
    }
  }

  private String seenWithin(Duration time) {
    try {
      return seen.poll(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Test
  void javaWebSocket() throws Exception {
    var client =
        new org.java_websocket.client.WebSocketClient(
            server.uri(), Map.of("Authorization", "Bearer " + token())) {
          @Override
          public void onOpen(ServerHandshake handshake) {
            seen.add("open " + handshake.getHttpStatus());
          }

          @Override
          public void onMessage(String message) {
            seen.add(message);
          }

          @Override
          public void onClose(int code, String reason, boolean remote) {
            seen.add("closed " + code);
          }

          @Override
          public void onError(Exception e) {
            seen.add("failed " + e);
          }
        };
    client.setConnectionLostTimeout(1);
    assertThat(client.connectBlocking(10, TimeUnit.SECONDS)).isTrue();
    assertThat(next()).isEqualTo("open 101");
    assertThat(next()).startsWith("{\"type\":\"welcome\"");
    client.send(PING);
    assertThat(next()).isEqualTo(PONG);
    client.send(ECHO);
    assertThat(next()).isEqualTo(ACK);
    client.close(1000);
    assertThat(next()).isEqualTo("closed 1000");
  }

  /** Jetty's client; public because Jetty reaches it by reflection. */
  public static final class JettyEndpoint implements Session.Listener.AutoDemanding {
    private final BlockingQueue<String> seen;

    JettyEndpoint(BlockingQueue<String> seen) {
      this.seen = seen;
    }

    @Override
    public void onWebSocketText(String message) {
      seen.add(message);
    }

    @Override
    public void onWebSocketClose(int statusCode, String reason, Callback callback) {
      seen.add("closed " + statusCode);
      callback.succeed();
    }
  }

  @Test
  void jettyClient() throws Exception {
    WebSocketClient client = new WebSocketClient();
    client.start();
    try {
      ClientUpgradeRequest request = new ClientUpgradeRequest(server.uri());
      request.setSubProtocols("drawbridge.v1", "drawbridge.bearer." + token());
      Session session = client.connect(new JettyEndpoint(seen), request).get(10, TimeUnit.SECONDS);
      assertThat(session.getUpgradeResponse().getAcceptedSubProtocol()).isEqualTo("drawbridge.v1");
      assertThat(next()).startsWith("{\"type\":\"welcome\"");
      session.sendText(PING, Callback.NOOP);
      assertThat(next()).isEqualTo(PONG);
      session.sendText(ECHO, Callback.NOOP);
      assertThat(next()).isEqualTo(ACK);
      session.close(1000, null, Callback.NOOP);
      assertThat(next()).isEqualTo("closed 1000");
    } finally {
      client.stop();
    }
  }

  @Test
  void wsOnNode(@TempDir Path directory) throws Exception {
    Process version = null;
    try {
      version = new ProcessBuilder("node", "--version").start();
    } catch (IOException e) {
      // Said by the assumption.
    }
    assumeTrue(version != null && version.waitFor() == 0, "node is not installed");
    unpack(directory.resolve("ws"));
    Path script = directory.resolve("client.mjs");
    Files.writeString(
        script,
        """
        import { createRequire } from 'node:module';
        const WebSocket = createRequire(import.meta.url)('./ws/index.js');
        const [url, token, ping, echo] = process.argv.slice(2);
        const socket = new WebSocket(url, ['drawbridge.v1', 'drawbridge.bearer.' + token]);
        let answers = 0;
        socket.on('message', (data) => {
          console.log(data.toString());
          answers++;
          if (answers === 1) socket.send(ping);
          if (answers === 2) socket.send(echo);
          if (answers === 3) socket.close(1000);
        });
        socket.on('close', (code) => console.log('closed ' + code));
        socket.on('error', (error) => console.log('failed ' + error));
        """);
    Process node =
        new ProcessBuilder("node", script.toString(), server.uri().toString(), token(), PING, ECHO)
            .redirectErrorStream(true)
            .start();
    String[] lines =
        new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8).split("\n", -1);

    assertThat(lines[0]).startsWith("{\"type\":\"welcome\"");
    assertThat(lines).contains(PONG, ACK, "closed 1000");
  }

  /** The package as its webjar holds it. */
  private static void unpack(Path target) throws IOException {
    String root = "META-INF/resources/webjars/ws/" + WS_VERSION + "/";
    for (String file : WS_FILES) {
      try (InputStream in =
          ThirdPartyClientsTest.class.getClassLoader().getResourceAsStream(root + file)) {
        if (in != null) {
          Files.createDirectories(target.resolve(file).getParent());
          Files.copy(in, target.resolve(file));
        }
      }
    }
  }

  private static final String WS_VERSION = "8.18.0";
  private static final String[] WS_FILES = {
    "package.json",
    "index.js",
    "lib/buffer-util.js",
    "lib/constants.js",
    "lib/event-target.js",
    "lib/extension.js",
    "lib/limiter.js",
    "lib/permessage-deflate.js",
    "lib/receiver.js",
    "lib/sender.js",
    "lib/stream.js",
    "lib/subprotocol.js",
    "lib/validation.js",
    "lib/websocket-server.js",
    "lib/websocket.js",
  };

  @Test
  void jdk() {
    URI uri = server.uri();
    try (var client = dev.drawbridge.endpoint.testkit.RecordingClient.connect(uri, token())) {
      client.sendText(PING);
      assertThat(client.next().json()).hasToString(PONG);
      client.sendText(ECHO);
      assertThat(client.next().json()).hasToString(ACK);
      client.leave();
    }
  }
}
