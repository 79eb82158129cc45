package dev.drawbridge.endpoint.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.endpoint.testkit.Event.Closed;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client that speaks the protocol and remembers everything it sees, in order. {@link #close()}
 * fails the test if an event was left unread, one that is still on its way included. Pings are
 * answered and not recorded, unless {@link Options#recordPings} asks for it. For one test thread.
 */
public final class RecordingClient implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(1);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final AtomicInteger ids = new AtomicInteger();
  private final CountDownLatch over = new CountDownLatch(1);
  private final Options options;
  private final WebSocket socket;

  /** Sends of the JDK's client must not overlap. Guarded by {@link #events}. */
  private CompletableFuture<?> lastSend = CompletableFuture.completedFuture(null);

  private volatile boolean ended;
  private String connectionId = "";

  /** What a server sent that is no frame; null while it sends frames only. */
  private volatile @Nullable String noFrame;

  private RecordingClient(URI uri, Options options) {
    this.options = options;
    WebSocket.Builder builder = HTTP.newWebSocketBuilder().connectTimeout(PATIENCE);
    options.headers.forEach(builder::header);
    if (!options.subprotocols.isEmpty()) {
      String[] rest =
          options.subprotocols.subList(1, options.subprotocols.size()).toArray(new String[0]);
      builder.subprotocols(options.subprotocols.get(0), rest);
    }
    this.socket = builder.buildAsync(uri, new Listener()).join();
  }

  /** How to connect. Mutable; set up before the connection. */
  public static final class Options {
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final List<String> subprotocols = new ArrayList<>();
    private boolean recordPings;
    private boolean answerPings = true;

    private Options() {}

    /** A header of the handshake. */
    public Options header(String name, String value) {
      headers.put(name, value);
      return this;
    }

    /** The token, as {@code Authorization: Bearer}. */
    public Options token(String token) {
      return header("Authorization", "Bearer " + token);
    }

    /** An offered subprotocol. */
    public Options subprotocol(String name) {
      subprotocols.add(name);
      return this;
    }

    /** Records pings as events, too. */
    public Options recordPings() {
      recordPings = true;
      return this;
    }

    /** Leaves pings without an answer, like a client that hangs. */
    public Options ignorePings() {
      answerPings = false;
      return this;
    }
  }

  /**
   * Connects with a token and reads the welcome.
   *
   * @throws Refused if the server answers with anything but 101
   */
  public static RecordingClient connect(URI uri, String token) {
    RecordingClient client =
        connect(uri, options -> options.token(token).subprotocol("drawbridge.v1"));
    client.connectionId = client.expect("welcome").data().path("connectionId").asText();
    return client;
  }

  /**
   * Connects in the place of an older connection of the same user, and reads the welcome. The older
   * one is closed with 4409.
   *
   * @param replaced {@link #connectionId} of the older one
   * @throws Refused if the server answers with anything but 101
   */
  public static RecordingClient replace(URI uri, String token, String replaced) {
    String query = uri.getRawQuery();
    String more = (query == null ? "?" : "&") + "replaces=" + replaced;
    return connect(URI.create(uri + more), token);
  }

  /**
   * Connects in any way; the welcome is not read.
   *
   * @throws Refused if the server answers with anything but 101
   */
  public static RecordingClient connect(URI uri, Consumer<Options> setUp) {
    Options options = new Options();
    setUp.accept(options);
    try {
      return new RecordingClient(uri, options);
    } catch (CompletionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        throw new Refused(refused);
      }
      throw e;
    }
  }

  /** The server refused the upgrade. */
  public static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;

    private Refused(WebSocketHandshakeException cause) {
      super("HTTP " + cause.getResponse().statusCode(), cause);
      this.status = cause.getResponse().statusCode();
    }

    /** The HTTP status. */
    public int status() {
      return status;
    }
  }

  /** Id of the connection as the welcome said; empty where {@link #connect} did not read it. */
  public String connectionId() {
    return connectionId;
  }

  /** The subprotocol that was agreed on, empty for none. */
  public String subprotocol() {
    return socket.getSubprotocol();
  }

  /** Sends a frame with a new id. Returns the id. */
  public String send(String type, @Nullable Object data) {
    String id = "t" + ids.incrementAndGet();
    send(type, id, data);
    return id;
  }

  /** Sends a frame. */
  public void send(String type, @Nullable String id, @Nullable Object data) {
    send(type, id, null, data);
  }

  /** Sends a frame that names a channel. */
  public void send(
      String type, @Nullable String id, @Nullable String channel, @Nullable Object data) {
    Map<String, Object> frame = new LinkedHashMap<>();
    frame.put("type", type);
    if (id != null) {
      frame.put("id", id);
    }
    if (channel != null) {
      frame.put("channel", channel);
    }
    if (data != null) {
      frame.put("data", data);
    }
    try {
      sendText(JSON.writeValueAsString(frame));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("data must be what JSON can hold", e);
    }
  }

  /** Sends any text. */
  public void sendText(String text) {
    enqueue(socket -> socket.sendText(text, true));
  }

  /** Sends a part of a text message. */
  public void sendPart(String text, boolean last) {
    enqueue(socket -> socket.sendText(text, last));
  }

  /** Sends a binary message. */
  public void sendBinary(byte[] bytes) {
    enqueue(socket -> socket.sendBinary(ByteBuffer.wrap(bytes), true));
  }

  /** Sends a frame and waits for its answer, an {@code ack} or {@code error} that comes next. */
  public Frame request(String type, @Nullable Object data) {
    String id = send(type, data);
    Frame answer = next();
    if (!id.equals(answer.id())) {
      throw new AssertionError("expected the answer to " + id + ", got " + answer.json());
    }
    return answer;
  }

  /** Subscribes to channels and gives the answer, which must come next. */
  public Frame subscribe(String... channels) {
    return request("subscribe", Map.of("channels", channels));
  }

  /** Goes on from a position and gives the answer, which must come next; before other frames. */
  public Frame resume(String epoch, long seq, String... channels) {
    return request("resume", Map.of("epoch", epoch, "seq", seq, "channels", channels));
  }

  /** Ends subscriptions and gives the answer, which must come next. */
  public Frame unsubscribe(String... channels) {
    return request("unsubscribe", Map.of("channels", channels));
  }

  /** Publishes and returns the id; the answer comes beside what others publish. */
  public String publish(String channel, String type, @Nullable Object data) {
    String id = "t" + ids.incrementAndGet();
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("type", type);
    if (data != null) {
      message.put("data", data);
    }
    send("publish", id, channel, message);
    return id;
  }

  /** Asks who is in a channel and returns the id. */
  public String members(String channel) {
    String id = "t" + ids.incrementAndGet();
    send("presence", id, channel, null);
    return id;
  }

  /** Waits for a frame of a type, which must come next. */
  public Frame expect(String type) {
    Frame frame = next();
    if (!frame.type().equals(type)) {
      throw new AssertionError("expected a frame of type " + type + ", got " + frame.json());
    }
    return frame;
  }

  /** Waits for an error frame, which must come next. */
  public Frame expectError(String code) {
    Frame frame = expect("error");
    if (!frame.errorCode().equals(code)) {
      throw new AssertionError("expected the error " + code + ", got " + frame.json());
    }
    return frame;
  }

  /** Waits for the close, which must come next. */
  public Closed expectClose(int code) {
    Event event = nextEvent();
    if (event instanceof Closed closed && closed.code() == code) {
      return closed;
    }
    throw new AssertionError("expected a close with " + code + ", got " + event);
  }

  /** Waits for the next frame. */
  public Frame next() {
    Event event = nextEvent();
    if (event instanceof Frame frame) {
      return frame;
    }
    throw new AssertionError("expected a frame, got " + event);
  }

  /** Waits for the next event of any kind. */
  public Event nextEvent() {
    return nextEvent(PATIENCE);
  }

  /** Waits for the next event of any kind, for so long. */
  public Event nextEvent(Duration patience) {
    try {
      Event event = events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
      if (noFrame != null && !(event instanceof Frame)) {
        throw new AssertionError("the server sent something that is no JSON object: " + noFrame);
      }
      if (event == null) {
        throw new AssertionError("nothing came within " + patience.toMillis() + " ms");
      }
      return event;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Closes with 1000 and waits for the server's answer, which must come next. */
  public void leave() {
    enqueue(socket -> socket.sendClose(WebSocket.NORMAL_CLOSURE, ""));
    expectClose(WebSocket.NORMAL_CLOSURE);
  }

  /** Forgets what was not read: for tests in which any number of events may come. */
  public void forget() {
    events.clear();
  }

  /** Cuts the connection without a close. */
  public void abort() {
    ended = true;
    socket.abort();
  }

  /**
   * Ends the connection in order, if that has not happened yet: whatever the server had sent before
   * is seen, and counts.
   *
   * @throws AssertionError if an event was left unread
   */
  @Override
  public void close() {
    List<Event> unread = new ArrayList<>();
    if (!ended) {
      enqueue(socket -> socket.sendClose(WebSocket.NORMAL_CLOSURE, ""));
      // A server that does not answer this has nothing more to say.
      boolean answered = await(over, CLOSE_PATIENCE);
      events.drainTo(unread);
      unread.remove(new Closed(WebSocket.NORMAL_CLOSURE, ""));
      if (!answered) {
        abort();
      }
    }
    events.drainTo(unread);
    if (noFrame != null) {
      throw new AssertionError("the server sent something that is no JSON object: " + noFrame);
    }
    if (!unread.isEmpty()) {
      throw new AssertionError("events were left unread: " + unread);
    }
  }

  private static boolean await(CountDownLatch latch, Duration patience) {
    try {
      return latch.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void enqueue(SendStep step) {
    enqueue(socket, step);
  }

  /** The first frame may come before the constructor has the socket. */
  private void enqueue(WebSocket to, SendStep step) {
    synchronized (events) {
      lastSend = lastSend.handle((a, b) -> null).thenCompose(nothing -> step.send(to));
    }
  }

  @FunctionalInterface
  private interface SendStep {
    CompletableFuture<WebSocket> send(WebSocket socket);
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        String whole = text.toString();
        text.setLength(0);
        frame(from, whole);
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      ended = true;
      events.add(new Closed(code, reason));
      over.countDown();
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      if (!ended) {
        ended = true;
        events.add(new Closed(1006, ""));
        over.countDown();
      }
    }

    private void frame(WebSocket from, String whole) {
      JsonNode json = null;
      try {
        json = JSON.readTree(whole);
      } catch (JsonProcessingException e) {
        // Told below, to the thread of the test.
      }
      if (json == null || !json.isObject()) {
        noFrame = whole;
        return;
      }
      String id = json.hasNonNull("id") ? json.get("id").asText() : null;
      Frame frame = new Frame(json.path("type").asText(), id, json);
      if (!frame.type().equals("ping")) {
        events.add(frame);
        return;
      }
      if (options.recordPings) {
        events.add(frame);
      }
      if (options.answerPings) {
        String pong = ((ObjectNode) json.deepCopy()).put("type", "pong").toString();
        enqueue(from, socket -> socket.sendText(pong, true));
      }
    }
  }
}
