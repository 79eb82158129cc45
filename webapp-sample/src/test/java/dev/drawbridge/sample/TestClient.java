package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The JDK's WebSocket client, as a foreign program would use it. */
final class TestClient implements WebSocket.Listener, AutoCloseable {
  private static final int LIMIT_SECONDS = 10;

  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

  /** Read already, and passed over. */
  private final List<JsonNode> kept = new ArrayList<>();

  private final StringBuilder partial = new StringBuilder();
  private WebSocket socket;

  private TestClient() {}

  static TestClient connect(SampleServer server, String path, String token, String... headers) {
    TestClient client = new TestClient();
    WebSocket.Builder builder = server.http().newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    if (token == null) {
      builder.subprotocols("drawbridge.v1");
    } else {
      builder.subprotocols("drawbridge.v1", "drawbridge.bearer." + token);
    }
    client.socket = builder.buildAsync(server.uri("ws", path), client).join();
    return client;
  }

  /** The status with which a handshake is refused; fails when it is let in. */
  static int refusal(SampleServer server, String path, String token, String... headers) {
    try (TestClient client = connect(server, path, token, headers)) {
      throw new AssertionError("let in with subprotocol " + client.socket.getSubprotocol());
    } catch (CompletionException e) {
      assertThat(e).hasCauseInstanceOf(WebSocketHandshakeException.class);
      return ((WebSocketHandshakeException) e.getCause()).getResponse().statusCode();
    }
  }

  String subprotocol() {
    return socket.getSubprotocol();
  }

  TestClient send(String frame) {
    socket.sendText(frame, true).join();
    return this;
  }

  JsonNode next() throws InterruptedException {
    String event = events.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
    assertThat(event).as("a frame within %d s", LIMIT_SECONDS).isNotNull();
    return Json.read(event);
  }

  /** The first frame that fits; those before it are kept for the next call. */
  JsonNode next(Predicate<JsonNode> fits) throws InterruptedException {
    for (Iterator<JsonNode> frames = kept.iterator(); frames.hasNext(); ) {
      JsonNode frame = frames.next();
      if (fits.test(frame)) {
        frames.remove();
        return frame;
      }
    }
    while (true) {
      JsonNode frame = next();
      if (fits.test(frame)) {
        return frame;
      }
      kept.add(frame);
    }
  }

  @Override
  public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
    partial.append(data);
    if (last) {
      events.add(partial.toString());
      partial.setLength(0);
    }
    webSocket.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket webSocket, int statusCode, String reason) {
    events.add("{\"closed\":" + statusCode + ",\"reason\":\"" + reason + "\"}");
    return null;
  }

  @Override
  public void close() {
    socket.abort();
  }
}
