package dev.drawbridge.example.threeservers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Says a number in the room five times a second and counts what it hears of all: a client of the
 * protocol in Java, through the balancer. It comes back by itself and goes on from its place, as
 * PROTOCOL.md section 11 says for one channel. Thread-safe.
 */
final class Visitor implements AutoCloseable {
  static final String ROOM = "room:visitors";

  private static final JsonMapper JSON = new JsonMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final long EVERY_MS = 200;

  private final String name;
  private final URI uri;
  private final Login login;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "visitor");
            thread.setDaemon(true);
            return thread;
          });

  // All below is guarded by this.

  /** Null between connections. */
  private @Nullable WebSocket socket;

  /** The JDK's client takes one text at a time. */
  private CompletableFuture<?> lastSend = CompletableFuture.completedFuture(null);

  /** Null before the first subscription. */
  private @Nullable String epoch;

  /** Up to here everything has been heard. */
  private long place;

  /** Frames of a replay that are missing, and the place that counts when they are there. */
  private int replayLeft;

  private long placeAfterReplay;
  private boolean subscribed;
  private boolean closed;

  private String server = "";
  private int said;

  /** What it has said and nobody has acknowledged, by number. */
  private final Map<Integer, String> waiting = new LinkedHashMap<>();

  /** Numbers that were heard, by who has said them. */
  private final Map<String, BitSet> heard = new LinkedHashMap<>();

  private int twice;
  private int resyncs;
  private long brokeNanos;
  private long backMillis = -1;
  private int replayed;

  /**
   * What a visitor has seen.
   *
   * @param server it is on, empty between connections
   * @param backMillis from the last break to the end of the replay; negative before the first
   * @param replayed messages that it was given again then
   * @param lost numbers below the newest of somebody that never came
   */
  record Seen(
      String name,
      String server,
      long backMillis,
      int replayed,
      int heard,
      int lost,
      int twice,
      int resyncs) {}

  Visitor(String name, URI uri, Login login) {
    this.name = name;
    this.uri = uri;
    this.login = login;
  }

  /** Comes in and begins to talk. */
  void start() {
    clock.execute(this::connect);
    var unused = clock.scheduleWithFixedDelay(this::say, 0, EVERY_MS, TimeUnit.MILLISECONDS);
  }

  synchronized Seen seen() {
    int all = heard.values().stream().mapToInt(BitSet::cardinality).sum();
    int lost =
        heard.values().stream()
            .mapToInt(numbers -> numbers.length() - numbers.nextSetBit(0) - numbers.cardinality())
            .sum();
    return new Seen(
        name, subscribed ? server : "", backMillis, replayed, all, lost, twice, resyncs);
  }

  private void connect() {
    try {
      HTTP.newWebSocketBuilder()
          .header("Authorization", "Bearer " + login.token(name))
          .subprotocols("drawbridge.v1")
          .connectTimeout(Duration.ofSeconds(10))
          .buildAsync(uri, new Listener())
          .join();
    } catch (CompletionException e) {
      // The server that was asked is gone: the next time it is another one's turn.
      again();
    }
  }

  private synchronized void again() {
    if (!closed) {
      var unused =
          clock.schedule(
              this::connect, ThreadLocalRandom.current().nextInt(50, 300), TimeUnit.MILLISECONDS);
    }
  }

  private synchronized void say() {
    int number = said++;
    String text =
        "{\"type\":\"publish\",\"id\":\"p%d\",\"channel\":\"%s\",\"data\":{\"type\":\"chat.message\",\"data\":{\"n\":%d},\"key\":\"%s-%d\"}}"
            .formatted(number, ROOM, number, name, number);
    waiting.put(number, text);
    if (subscribed) {
      send(text);
    }
  }

  private void send(String text) {
    WebSocket present = socket;
    if (present != null) {
      lastSend =
          lastSend.handle((a, b) -> null).thenCompose(nothing -> present.sendText(text, true));
    }
  }

  private synchronized void frame(String text) throws JsonProcessingException {
    JsonNode frame = JSON.readTree(text);
    JsonNode data = frame.path("data");
    String id = frame.path("id").asText();
    switch (frame.path("type").asText()) {
      case "welcome" -> {
        send(
            epoch == null
                ? "{\"type\":\"subscribe\",\"id\":\"s\",\"data\":{\"channels\":[\"" + ROOM + "\"]}}"
                : "{\"type\":\"resume\",\"id\":\"r\",\"data\":{\"epoch\":\"%s\",\"seq\":%d,\"channels\":[\"%s\"]}}"
                    .formatted(epoch, place, ROOM));
        send("{\"type\":\"server\",\"id\":\"server\"}");
      }
      case "ping" -> {
        send("{\"type\":\"pong\",\"data\":" + data + "}");
        if (subscribed) {
          place = Math.max(place, data.path("seq").asLong());
        }
      }
      case "ack" -> {
        if (id.equals("server")) {
          server = data.path("name").asText();
        } else if (id.startsWith("p")) {
          waiting.remove(Integer.parseInt(id.substring(1)));
        } else {
          subscribed(data);
        }
      }
      case "resume" -> {
        // The log was lost: on from here.
        resyncs++;
        epoch = data.path("epoch").asText();
        place = data.path("seq").asLong();
      }
      case "chat.message" -> message(frame);
      default -> {
        // Presence, and errors: what has no ack is said again after the next break.
      }
    }
  }

  private void subscribed(JsonNode data) {
    if (!data.path("resync").isEmpty()) {
      resyncs++;
      place = data.path("seq").asLong();
    }
    epoch = data.path("epoch").asText();
    replayLeft = data.path("replay").asInt();
    replayed = replayLeft;
    placeAfterReplay = data.path("seq").asLong();
    if (replayLeft == 0) {
      complete();
    }
  }

  /** The subscription stands, and nothing from before it is missing. */
  private void complete() {
    place = Math.max(place, placeAfterReplay);
    subscribed = true;
    if (brokeNanos != 0) {
      backMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - brokeNanos);
      brokeNanos = 0;
    }
    // Under their keys: what is in the log already is only acknowledged once more.
    waiting.values().forEach(this::send);
  }

  private void message(JsonNode frame) {
    long seq = frame.path("seq").asLong();
    if (seq > place) {
      place = seq;
      BitSet numbers = heard.computeIfAbsent(frame.path("from").asText(), from -> new BitSet());
      int number = frame.path("data").path("n").asInt();
      if (numbers.get(number)) {
        twice++;
      }
      numbers.set(number);
    }
    if (replayLeft > 0 && --replayLeft == 0) {
      complete();
    }
  }

  private synchronized void broken(WebSocket from) {
    if (socket == from) {
      socket = null;
      if (subscribed) {
        brokeNanos = System.nanoTime();
      }
      subscribed = false;
      replayLeft = 0;
      again();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    clock.shutdownNow();
    if (socket != null) {
      socket.abort();
    }
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public void onOpen(WebSocket opened) {
      synchronized (Visitor.this) {
        socket = opened;
      }
      opened.request(1);
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        String whole = text.toString();
        text.setLength(0);
        try {
          frame(whole);
        } catch (JsonProcessingException e) {
          from.abort();
          broken(from);
        }
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      broken(from);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      broken(from);
    }
  }

  /** A table of what they have seen, a line each. */
  static String table(List<Seen> all) {
    StringBuilder table =
        new StringBuilder("visitor  server  back after  replayed  heard  lost  twice  resyncs\n");
    for (Seen one : all) {
      table.append(
          "%-8s %-7s %-11s %8d %6d %5d %6d %8d%n"
              .formatted(
                  one.name(),
                  one.server().isEmpty() ? "–" : one.server(),
                  one.backMillis() < 0 ? "–" : one.backMillis() + " ms",
                  one.replayed(),
                  one.heard(),
                  one.lost(),
                  one.twice(),
                  one.resyncs()));
    }
    return table.toString();
  }
}
