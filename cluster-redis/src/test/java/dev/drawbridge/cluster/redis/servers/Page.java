package dev.drawbridge.cluster.redis.servers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.cluster.redis.servers.LogReader.Message;
import dev.drawbridge.endpoint.RawSocket;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.TestClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A page of one user that holds some rooms over as many connections, to as many servers, as it
 * takes. A thread of its own reads; any thread publishes.
 */
final class Page extends Thread {
  private static final Pattern ANSWER =
      Pattern.compile("^\\{\"type\":\"(ack|error)\",\"id\":\"p(\\d+)\"");
  private static final Pattern PLACE =
      Pattern.compile("\"epoch\":\"(\\w+)\",\"seq\":(\\d+)|\"seq\":(\\d+),\"epoch\":\"(\\w+)\"");
  private static final Pattern CODE = Pattern.compile("\"code\":\"(\\w+)\"");
  private static final Pattern TIME = Pattern.compile("\"t\":(\\d+)");

  private final String user;
  private final List<String> rooms;
  private final IntFunction<ServerProcess> ways;
  private final int silenceMs;
  private final CountDownLatch over;

  /** Positions and what the handlers got. Own thread only; read by others after {@link #join}. */
  private final TestClient client = new TestClient();

  /** By number of the publish. Guarded by itself. */
  private final Map<Integer, Publish> publishes = new TreeMap<>();

  private final List<Return> returns = new ArrayList<>();

  /** Null between connections, and until its subscriptions stand. Guarded by {@link #publishes}. */
  private @Nullable RawSocket socket;

  private volatile @Nullable ServerProcess server;
  private volatile @Nullable Position come;

  /** What its publisher knows of a publish. */
  enum Outcome {
    /** Nothing yet. */
    WAITING,
    /** It is in the log, at its place. */
    ACKED,
    /** It is not in the log. */
    REFUSED,
    /** Nobody can say, and it has no key by which to ask again. */
    UNKNOWN
  }

  /** Mutable; guarded by {@link #publishes}. */
  static final class Publish {
    final int number;
    final String room;

    /** It is sent again under its key, until its place is known. */
    final boolean keyed;

    Outcome outcome = Outcome.WAITING;
    String code = "";
    @Nullable Position place;

    /** An attempt may have been executed: no refusal is final any more. */
    boolean doubtful;

    boolean sent;
    long againNanos;

    Publish(int number, String room, boolean keyed) {
      this.number = number;
      this.room = room;
      this.keyed = keyed;
    }
  }

  /**
   * One time that it came in again.
   *
   * @param brokeNanos when it noticed the end of the connection before
   * @param millis from the end of the handshake to the last frame of the replay
   * @param reason of a resync, empty for none
   */
  record Return(
      ServerProcess from,
      ServerProcess to,
      long brokeNanos,
      long backNanos,
      long millis,
      int replay,
      String reason) {}

  /**
   * A page that has not been opened.
   *
   * @param ways the server of the n-th try
   * @param silenceMs after which it gives a connection up
   */
  Page(
      int number,
      List<String> rooms,
      IntFunction<ServerProcess> ways,
      int silenceMs,
      CountDownLatch over) {
    super("page-" + number);
    setDaemon(true);
    this.user = "user-" + number;
    this.rooms = List.copyOf(rooms);
    this.ways = ways;
    this.silenceMs = silenceMs;
    this.over = over;
  }

  String user() {
    return user;
  }

  List<String> rooms() {
    return rooms;
  }

  /** Where its subscriptions stand; null between connections. */
  @Nullable ServerProcess server() {
    return server;
  }

  /** True when it has everything up to there. */
  boolean hasCome(Position end) {
    Position now = come;
    return now != null && now.epoch().equals(end.epoch()) && now.seq() >= end.seq();
  }

  /** True when it holds a position of this epoch. */
  boolean isIn(String epoch) {
    Position now = come;
    return now != null && now.epoch().equals(epoch);
  }

  /** Publishes now or, what has a key, as soon as it is connected; false when it cannot. */
  boolean publish(int number, String room, boolean keyed) {
    synchronized (publishes) {
      if (socket == null && !keyed) {
        return false;
      }
      Publish publish = new Publish(number, room, keyed);
      publishes.put(number, publish);
      send(publish);
      return true;
    }
  }

  /** Sends again what was put off, and says whether every outcome is known. */
  boolean settle() {
    synchronized (publishes) {
      boolean all = true;
      for (Publish publish : publishes.values()) {
        if (publish.outcome == Outcome.WAITING) {
          all = false;
          if (publish.againNanos != 0 && System.nanoTime() - publish.againNanos > 0) {
            send(publish);
          }
        }
      }
      return all;
    }
  }

  private void send(Publish publish) {
    RawSocket present = socket;
    if (present == null) {
      return;
    }
    publish.againNanos = 0;
    publish.sent = true;
    String key = publish.keyed ? ",\"key\":\"k" + publish.number + "\"" : "";
    try {
      present.text(
          "{\"type\":\"publish\",\"id\":\"p"
              + publish.number
              + "\",\"channel\":\""
              + publish.room
              + "\",\"data\":{\"type\":\"chat.message\",\"data\":"
              + publish.number
              + key
              + "}}");
    } catch (IOException e) {
      // The reading thread finds the end, and settles it.
    }
  }

  List<Publish> publishes() {
    synchronized (publishes) {
      return List.copyOf(publishes.values());
    }
  }

  List<Return> returns() {
    synchronized (returns) {
      return List.copyOf(returns);
    }
  }

  @Override
  public void run() {
    ServerProcess before = null;
    long brokeNanos = 0;
    int attempt = 0;
    while (over.getCount() > 0) {
      ServerProcess way = ways.apply(attempt++);
      try (RawSocket opened = new RawSocket(way.port(), user)) {
        opened.socket().setSoTimeout(silenceMs);
        long handshakeNanos = System.nanoTime();
        opened.text(first());
        if (enter(opened)) {
          long now = System.nanoTime();
          if (before != null) {
            synchronized (returns) {
              returns.add(
                  new Return(
                      before,
                      way,
                      brokeNanos,
                      now,
                      TimeUnit.NANOSECONDS.toMillis(now - handshakeNanos),
                      replay,
                      reason));
            }
          }
          before = way;
          attempt = 0;
          open(opened, way);
          while (take(opened)) {
            // The next one.
          }
        }
      } catch (IOException e) {
        // Refused, cut, or silent for too long.
      }
      if (server != null) {
        brokeNanos = System.nanoTime();
      }
      broken();
      rest();
    }
  }

  private void open(RawSocket opened, ServerProcess way) {
    synchronized (publishes) {
      socket = opened;
      server = way;
      publishes.values().stream()
          .filter(publish -> publish.outcome == Outcome.WAITING)
          .forEach(this::send);
    }
  }

  /** What was under way has no answer any more. */
  private void broken() {
    synchronized (publishes) {
      socket = null;
      server = null;
      for (Publish publish : publishes.values()) {
        if (publish.outcome == Outcome.WAITING && publish.sent) {
          publish.doubtful = true;
          if (!publish.keyed) {
            publish.outcome = Outcome.UNKNOWN;
          }
        }
      }
    }
    client.broken();
  }

  /** Up to half a second, as a client that does not storm. */
  private void rest() {
    try {
      boolean unused = over.await(ThreadLocalRandom.current().nextInt(500), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      interrupt();
    }
  }

  /** Ends the connection. */
  void cut() {
    RawSocket present;
    synchronized (publishes) {
      present = socket;
    }
    if (present != null) {
      try {
        present.close();
      } catch (IOException e) {
        // It is gone either way.
      }
    }
  }

  private String first() {
    if (client.cursor() != null) {
      Position from = client.resumeFrom();
      return String.format(
          "{\"type\":\"resume\",\"id\":\"r\",\"data\":{\"epoch\":\"%s\",\"seq\":%d,\"channels\":[\"%s\"]}}",
          from.epoch(), from.seq(), String.join("\",\"", rooms));
    }
    return rooms.stream()
        .collect(
            Collectors.joining(
                "\",\"",
                "{\"type\":\"subscribe\",\"id\":\"s\",\"data\":{\"channels\":[\"",
                "\"]}}"));
  }

  // Of the last ack of a subscribe or resume. Own thread only.
  private int replay;
  private String reason = "";

  /** Reads until the subscriptions stand and the replay is over; false when the connection is. */
  private boolean enter(RawSocket from) throws IOException {
    client.acks.clear();
    while (client.acks.isEmpty() || client.isReplaying()) {
      if (!take(from)) {
        return false;
      }
    }
    return true;
  }

  /** False when the connection is over. */
  private boolean take(RawSocket from) throws IOException {
    RawSocket.Frame frame = from.read();
    if (frame == null || frame.opcode() == RawSocket.CLOSE) {
      return false;
    }
    String text = frame.text();
    if (text.startsWith("{\"type\":\"welcome\"") || text.startsWith("{\"type\":\"drain\"")) {
      return true;
    }
    if (text.startsWith("{\"type\":\"ping\"")) {
      Matcher time = TIME.matcher(text);
      assertThat(time.find()).isTrue();
      from.text("{\"type\":\"pong\",\"data\":{\"t\":" + time.group(1) + "}}");
    }
    Matcher answer = ANSWER.matcher(text);
    if (answer.find()) {
      answered(Integer.parseInt(answer.group(2)), answer.group(1).equals("ack"), text);
      return true;
    }
    if (text.startsWith("{\"type\":\"error\"")) {
      // As a resume where the engine has not been reached yet: another server, or later.
      return false;
    }
    client.take(text);
    if (text.startsWith("{\"type\":\"ack\"")) {
      var data = client.acks.values().iterator().next().path("data");
      assertThat(data.path("refused")).as("nothing is refused: %s", text).isEmpty();
      replay = data.path("replay").asInt();
      reason = data.path("reason").asText("");
    }
    come = client.isReplaying() ? null : client.cursor();
    return true;
  }

  private void answered(int number, boolean ack, String text) {
    synchronized (publishes) {
      Publish publish = publishes.get(number);
      if (ack) {
        Matcher place = PLACE.matcher(text);
        assertThat(place.find()).as(text).isTrue();
        publish.place =
            place.group(1) != null
                ? new Position(place.group(1), Long.parseLong(place.group(2)))
                : new Position(place.group(4), Long.parseLong(place.group(3)));
        publish.outcome = Outcome.ACKED;
        return;
      }
      Matcher code = CODE.matcher(text);
      assertThat(code.find()).as(text).isTrue();
      publish.code = code.group(1);
      publish.doubtful |= publish.code.equals("publish_unknown");
      if (!publish.doubtful) {
        publish.outcome = Outcome.REFUSED;
      } else if (!publish.keyed) {
        publish.outcome = Outcome.UNKNOWN;
      } else {
        publish.againNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500);
      }
    }
  }

  /** Messages that handlers got. */
  int handled() {
    return client.handled.size();
  }

  /** Reasons of all resyncs, one for each channel. */
  List<String> resyncs() {
    return client.resyncs.values().stream().flatMap(List::stream).toList();
  }

  /**
   * Compares what the handlers got with the log.
   *
   * @param ends to where it has come at least, in each epoch
   * @param topOf how far the log of an epoch was read
   */
  void check(Map<String, List<Message>> truth, List<Position> ends, ToLongFunction<String> topOf) {
    for (String room : rooms) {
      List<TestClient.Stated> places =
          client.places.stream().filter(place -> place.channel().equals(room)).toList();
      for (int i = 0; i < places.size(); i++) {
        boolean last = i == places.size() - 1;
        Position from = places.get(i).position();
        // Up to a resync of the same epoch there is no such place.
        boolean ended = last || !places.get(i + 1).position().epoch().equals(from.epoch());
        long end =
            ends.stream()
                .filter(one -> ended && one.epoch().equals(from.epoch()))
                .mapToLong(Position::seq)
                .findAny()
                .orElse(0);
        long top = topOf.applyAsLong(from.epoch());
        int until = last ? client.handled.size() : places.get(i + 1).handledBefore();
        List<String> got =
            client.handled.subList(places.get(i).handledBefore(), until).stream()
                .filter(one -> one.channel().equals(room) && one.seq() <= top)
                .map(one -> one.seq() + ":" + one.data())
                .toList();
        List<Message> expected =
            truth.getOrDefault(room, List.of()).stream()
                .filter(one -> one.epoch().equals(from.epoch()) && one.seq() > from.seq())
                .toList();
        assertThat(got)
            .as("%s of %s from %s to %d", room, user, from, end)
            .hasSizeGreaterThanOrEqualTo(
                (int) expected.stream().filter(one -> one.seq() <= end).count())
            // Beyond that as far as it came.
            .containsExactlyElementsOf(
                expected.stream()
                    .limit(got.size())
                    .map(one -> one.seq() + ":" + one.number())
                    .toList());
      }
    }
  }
}
