package dev.drawbridge.bench.soak;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client that keeps to the protocol, and counts what does not. Its connection is driven by the
 * threads of the HTTP client, its plans by the timer.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Plans report by the tally.
final class HonestClient {
  /** What it does with its connections. */
  enum Role {
    /** Stays and listens. */
    IDLE,
    /** Stays and writes to its partner. */
    CHAT,
    /** Comes, asks a few times and goes, again and again. */
    RECONNECT
  }

  private static final JsonMapper JSON = new JsonMapper();
  private static final long CHAT_MS = 1000;
  private static final long PAUSE_MS = 2000;
  private static final int MAX_ECHOES = 5;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Short, so that everybody who stays renews its token several times. */
  private static final Duration TOKEN_LIFE = Duration.ofMinutes(3);

  private final Role role;
  private final String subject;
  private final String partner;
  private final URI uri;
  private final HttpClient http;
  private final ScheduledExecutorService timer;
  private final TestTokens tokens;
  private final Tally tally;
  private final Map<String, String> unanswered = new ConcurrentHashMap<>();

  /** Guarded by this, like all below. */
  private @Nullable WebSocket socket;

  private CompletableFuture<?> lastSend = CompletableFuture.completedFuture(null);
  private boolean chatting;
  private boolean stopping;
  private boolean leaving;
  private boolean welcome;
  private int ids;
  private int chatsSent;
  private int echoesLeft;
  private int lastChat;
  private int lastNews;
  private long startedNanos;
  private long graceMs;

  HonestClient(
      Role role,
      String subject,
      String partner,
      URI uri,
      HttpClient http,
      ScheduledExecutorService timer,
      TestTokens tokens,
      Tally tally) {
    this.role = role;
    this.subject = subject;
    this.partner = partner;
    this.uri = uri;
    this.http = http;
    this.timer = timer;
    this.tokens = tokens;
    this.tally = tally;
  }

  Role role() {
    return role;
  }

  /** The number of the last news that came, 0 when none did. */
  synchronized int lastNews() {
    return lastNews;
  }

  int unanswered() {
    return unanswered.size();
  }

  /** Connects; on failure says so, and tries again. */
  synchronized void connect() {
    if (stopping) {
      return;
    }
    leaving = false;
    welcome = false;
    lastSend = CompletableFuture.completedFuture(null);
    startedNanos = System.nanoTime();
    tally.attempts.increment();
    Listener listener = new Listener();
    http.newWebSocketBuilder()
        .connectTimeout(PATIENCE)
        .subprotocols("drawbridge.v1", "drawbridge.bearer." + tokens.of(subject, TOKEN_LIFE))
        .buildAsync(uri, listener)
        .whenComplete(
            (opened, failure) -> {
              if (failure != null) {
                tally.fault("connection failed: " + root(failure));
                later(this::connect, PAUSE_MS);
              }
            });
  }

  /** Everybody is there: those who chat may begin. */
  synchronized void begin() {
    chatting = true;
    if (role == Role.CHAT && welcome) {
      later(this::chat, CHAT_MS);
    }
  }

  /** Stops chatting; what is under way is still answered. */
  synchronized void quiet() {
    stopping = true;
  }

  /** Closes in order. */
  synchronized void leave() {
    stopping = true;
    leaving = true;
    WebSocket open = socket;
    if (open != null) {
      enqueue(() -> open.sendClose(WebSocket.NORMAL_CLOSURE, ""));
    }
  }

  private static String root(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof java.net.http.WebSocketHandshakeException refused
        ? "HTTP " + refused.getResponse().statusCode()
        : cause.toString();
  }

  private void later(Runnable plan, long milliseconds) {
    long jittered = milliseconds / 2 + ThreadLocalRandom.current().nextLong(milliseconds);
    if (!timer.isShutdown()) {
      timer.schedule(plan, jittered, TimeUnit.MILLISECONDS);
    }
  }

  private synchronized void plan() {
    switch (role) {
      case IDLE -> {
        // Listens.
      }
      case CHAT -> {
        if (chatting) {
          later(this::chat, CHAT_MS);
        }
      }
      case RECONNECT -> {
        echoesLeft = 1 + ThreadLocalRandom.current().nextInt(MAX_ECHOES);
        for (int i = echoesLeft; i > 0; i--) {
          request("echo", "{\"text\":\"" + "e".repeat(i * 50) + "\"}");
        }
      }
    }
  }

  private synchronized void chat() {
    if (stopping || socket == null) {
      return;
    }
    chatsSent++;
    request("chat.send", "{\"to\":\"" + partner + "\",\"n\":" + chatsSent + "}");
    later(this::chat, CHAT_MS);
  }

  private synchronized void request(String type, String data) {
    ids++;
    String id = type + "-" + ids;
    unanswered.put(id, type);
    tally.requests.increment();
    send("{\"type\":\"" + type + "\",\"id\":\"" + id + "\",\"data\":" + data + "}");
  }

  private synchronized void send(String text) {
    WebSocket open = socket;
    if (open != null) {
      enqueue(() -> open.sendText(text, true));
    }
  }

  /** Sends of the JDK's client must not overlap. */
  private synchronized void enqueue(java.util.function.Supplier<CompletableFuture<?>> step) {
    lastSend = lastSend.handle((a, b) -> null).thenCompose(nothing -> step.get());
  }

  private synchronized void frame(JsonNode json) {
    JsonNode data = json.path("data");
    switch (json.path("type").asText()) {
      case "welcome" -> {
        welcome = true;
        graceMs = data.path("heartbeat").path("graceMs").asLong();
        // What came while it was away is not for this connection.
        lastChat = 0;
        lastNews = 0;
        tally.welcomed.increment();
        tally.established(System.nanoTime() - startedNanos);
        plan();
      }
      case "ping" -> {
        tally.pings.increment();
        if (System.currentTimeMillis() - data.path("t").asLong() > graceMs) {
          tally.latePings.increment();
        }
        send("{\"type\":\"pong\",\"data\":" + data + "}");
      }
      case "ack" -> acked(json.path("id").asText(), data);
      case "chat.message" -> {
        tally.chatsReceived.increment();
        lastChat = next("chat", lastChat, data.path("n").asInt());
      }
      case "news" -> {
        tally.newsReceived.increment();
        int n = data.path("n").asInt();
        lastNews = next("news", lastNews, n);
      }
      case "auth.expiring" ->
          request("auth", "{\"token\":\"" + tokens.of(subject, TOKEN_LIFE) + "\"}");
      default -> tally.fault("unexpected frame: " + json.path("type").asText() + error(json));
    }
    if (!welcome) {
      tally.fault("the welcome was not the first frame");
    }
  }

  private static String error(JsonNode json) {
    return " " + json.path("error").path("code").asText();
  }

  private int next(String what, int last, int n) {
    if (last != 0 && n != last + 1) {
      tally.fault(n > last ? what + " lost without notice" : what + " came twice");
    }
    return Math.max(last, n);
  }

  private synchronized void acked(String id, JsonNode data) {
    String type = unanswered.remove(id);
    if (type == null) {
      tally.fault("an ack for nothing");
      return;
    }
    tally.answers.increment();
    switch (type) {
      case "auth" -> tally.renewals.increment();
      case "chat.send" -> {
        tally.chatsWritten.add(data.path("written").asInt());
        tally.chatsRefused.add(data.path("written").asInt() == 0 ? 1 : 0);
      }
      default -> {
        echoesLeft--;
        if (echoesLeft == 0) {
          later(this::go, PAUSE_MS);
        }
      }
    }
  }

  /** Ends the connection, every second time without a close, and comes back. */
  private synchronized void go() {
    WebSocket open = socket;
    if (open == null || stopping) {
      return;
    }
    leaving = true;
    if (ThreadLocalRandom.current().nextBoolean()) {
      enqueue(() -> open.sendClose(WebSocket.NORMAL_CLOSURE, ""));
    } else {
      socket = null;
      open.abort();
      later(this::connect, PAUSE_MS);
    }
  }

  private synchronized void closed(WebSocket from, String why) {
    if (socket != from) {
      return;
    }
    socket = null;
    if (!leaving) {
      tally.fault("connection lost: " + why);
      // The close is the notice for what was under way.
      unanswered.clear();
    }
    if (!stopping) {
      later(this::connect, PAUSE_MS);
    }
  }

  private synchronized void opened(WebSocket from) {
    socket = from;
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public void onOpen(WebSocket from) {
      opened(from);
      from.request(1);
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        try {
          frame(JSON.readTree(text.toString()));
        } catch (JsonProcessingException e) {
          tally.fault("a frame that is not JSON");
        }
        text.setLength(0);
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      closed(from, code + " " + reason);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      closed(from, error.toString());
    }
  }
}
