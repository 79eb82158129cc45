package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.TestClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One page that is subscribed to some channels and publishes, over as many connections as it takes.
 * A thread of its own reads; any thread publishes, cuts and reloads.
 */
final class ChannelPlayer extends Thread {
  private static final Pattern ANSWER =
      Pattern.compile("^\\{\"type\":\"(ack|error)\",\"id\":\"p(\\d+)\"");
  private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)");
  private static final Pattern DATA = Pattern.compile("\"data\":(\\d+)");
  private static final Pattern TIME = Pattern.compile("\"t\":(\\d+)");

  /** Longer than the heartbeat of a quiet server: a link that swallows is given up. */
  private static final int SILENCE_MS = 2_500;

  private final List<String> rooms;
  private final CountDownLatch over;
  private final Random random;
  private volatile int port;

  /** The page as it is now. Own thread only; read by others after {@link #join}. */
  private TestClient page = new TestClient();

  /** Those that were loaded before, with their places at the end. Own thread only. */
  private final List<Map<String, Long>> ends = new ArrayList<>();

  private final List<TestClient> pages = new ArrayList<>();

  /** Rooms by number of publishes without an outcome. Guarded by itself, as the next. */
  private final TreeMap<Integer, String> waiting = new TreeMap<>();

  private final Map<Integer, Long> outcomes = new TreeMap<>();

  /** Null between connections; its writes are guarded by {@link #waiting}. */
  private volatile RawSocket socket;

  private volatile boolean reloads;
  private volatile long come;

  // Figures. Own thread only, read by others after join.
  long repeats;
  long handled;
  long replayed;
  long breaks;
  long resumed;
  long resyncs;

  /** Pages that were loaded anew. Own thread only. */
  long reloaded;

  ChannelPlayer(int number, int port, List<String> rooms, long seed, CountDownLatch over) {
    super("player-" + number);
    setDaemon(true);
    this.port = port;
    this.rooms = List.copyOf(rooms);
    this.random = new Random(seed);
    this.over = over;
  }

  /** The number that a message carries. */
  static int number(String text) {
    Matcher data = DATA.matcher(text);
    if (!data.find()) {
      throw new AssertionError("no number in " + text);
    }
    return Integer.parseInt(data.group(1));
  }

  /** Comes by another way from now on. */
  void route(int newPort) {
    port = newPort;
  }

  /** Breaks the connection. */
  void cut() {
    RawSocket present = socket;
    if (present != null) {
      try {
        present.close();
      } catch (IOException e) {
        // It is gone either way.
      }
    }
  }

  /** Breaks the connection, and forgets all but what the page has stored. */
  void reload() {
    reloads = true;
    cut();
  }

  /** Publishes now or as soon as it is connected, and again until the outcome is known. */
  void publish(int number, String room) {
    synchronized (waiting) {
      waiting.put(number, room);
      send(number, room);
    }
  }

  private void send(int number, String room) {
    RawSocket present = socket;
    if (present != null) {
      try {
        present.text(
            "{\"type\":\"publish\",\"id\":\"p"
                + number
                + "\",\"channel\":\""
                + room
                + "\",\"data\":{\"type\":\"chat.message\",\"data\":"
                + number
                + ",\"key\":\"k"
                + number
                + "\"}}");
      } catch (IOException e) {
        // It is sent again by the next connection.
      }
    }
  }

  boolean knowsAll() {
    synchronized (waiting) {
      return waiting.isEmpty();
    }
  }

  /** Where each publish is in the log. */
  Map<Integer, Long> outcomes() {
    return outcomes;
  }

  boolean hasCome(long seq) {
    return come >= seq;
  }

  @Override
  public void run() {
    pages.add(page);
    while (over.getCount() > 0) {
      if (reloads) {
        reloads = false;
        loadAnew();
      }
      try (RawSocket opened = new RawSocket(port, "alice")) {
        opened.socket().setSoTimeout(SILENCE_MS);
        opened.text(first());
        while (take(opened)) {
          // The next one.
        }
      } catch (IOException e) {
        // Cut in the handshake, in the middle of a frame, or silent for too long.
      }
      socket = null;
      page.broken();
      breaks++;
      rest();
    }
    handled = pages.stream().mapToLong(one -> one.handled.size()).sum();
    resyncs =
        pages.stream().flatMap(one -> one.resyncs.values().stream()).mapToLong(List::size).sum();
    ends.add(ends());
  }

  /** Up to half a second, as a client that does not storm. */
  private void rest() {
    try {
      boolean unused = over.await(random.nextInt(500), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      interrupt();
    }
  }

  private Map<String, Long> ends() {
    return rooms.stream().collect(Collectors.toMap(room -> room, page::place));
  }

  /** The state of the page and its place go on; connection and positions are new. */
  private void loadAnew() {
    Map<String, Long> places = ends();
    boolean stored = page.cursor() != null;
    ends.add(places);
    page = new TestClient();
    pages.add(page);
    reloaded++;
    // One in four has stored nothing, and begins at the top.
    if (stored && random.nextInt(4) > 0) {
      places.forEach(page::from);
      epoch = pages.get(pages.size() - 2).cursor().epoch();
    } else {
      epoch = null;
    }
  }

  /** Of the positions that the page has stored, null when it has none. */
  private String epoch;

  private String first() {
    if (page.cursor() != null) {
      Position from = page.resumeFrom();
      return String.format(
          "{\"type\":\"resume\",\"id\":\"r\",\"data\":{\"epoch\":\"%s\",\"seq\":%d,\"channels\":[\"%s\"]}}",
          from.epoch(), from.seq(), String.join("\",\"", page.channels));
    }
    return "{\"type\":\"subscribe\",\"id\":\"s\",\"data\":{\"channels\":["
        + rooms.stream()
            .map(
                room ->
                    epoch == null
                        ? "\"" + room + "\""
                        : String.format(
                            "{\"channel\":\"%s\",\"epoch\":\"%s\",\"seq\":%d}",
                            room, epoch, page.place(room)))
            .collect(Collectors.joining(","))
        + "]}}";
  }

  /** False when the connection is over. */
  private boolean take(RawSocket from) throws IOException {
    RawSocket.Frame frame = from.read();
    if (frame == null || frame.opcode() == RawSocket.CLOSE) {
      return false;
    }
    String text = frame.text();
    if (text.startsWith("{\"type\":\"welcome\"")) {
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
    page.take(text);
    if (text.startsWith("{\"type\":\"ack\"")) {
      subscribed(from, text);
    }
    Position cursor = page.cursor();
    come = page.isReplaying() || cursor == null ? 0 : cursor.seq();
    return true;
  }

  private void subscribed(RawSocket from, String ack) {
    assertThat(ack).as("nothing is refused").contains("\"refused\":[]");
    replayed += page.acks.values().iterator().next().path("data").path("replay").asInt();
    page.acks.clear();
    resumed++;
    synchronized (waiting) {
      socket = from;
      // In the order of their numbers: what the log has is only acked once more.
      waiting.forEach(
          (number, room) -> {
            repeats++;
            send(number, room);
          });
    }
  }

  private void answered(int number, boolean ack, String text) {
    synchronized (waiting) {
      if (!ack) {
        assertThat(text).contains("publish_unknown");
        send(number, waiting.get(number));
        return;
      }
      Matcher seq = SEQ.matcher(text);
      assertThat(seq.find()).as(text).isTrue();
      long place = Long.parseLong(seq.group(1));
      Long before = outcomes.put(number, place);
      assertThat(before == null || before == place).as("one publish has one place").isTrue();
      waiting.remove(number);
    }
  }

  /** Compares what the handlers of each page got with the log. */
  void check(Map<String, List<Entry>> truth) {
    for (int i = 0; i < pages.size(); i++) {
      check(pages.get(i), ends.get(i), truth);
    }
  }

  private void check(TestClient one, Map<String, Long> end, Map<String, List<Entry>> truth) {
    assertThat(one.resyncs.values().stream().flatMap(List::stream)).allMatch("too_many"::equals);
    Map<String, List<TestClient.Stated>> places = new HashMap<>();
    one.places.forEach(
        place -> places.computeIfAbsent(place.channel(), name -> new ArrayList<>()).add(place));
    places.forEach(
        (room, stated) -> {
          for (int i = 0; i < stated.size(); i++) {
            boolean last = i == stated.size() - 1;
            long from = stated.get(i).position().seq();
            List<TestClient.Handled> got =
                one
                    .handled
                    .subList(
                        stated.get(i).handledBefore(),
                        last ? one.handled.size() : stated.get(i + 1).handledBefore())
                    .stream()
                    .filter(each -> each.channel().equals(room))
                    .toList();
            List<Entry> expected =
                truth.getOrDefault(room, List.of()).stream()
                    .filter(entry -> entry.seq() > from)
                    .filter(entry -> !last || entry.seq() <= end.get(room))
                    .toList();
            assertThat(got)
                .as("%s of %s from %d to %d", room, getName(), from, end.get(room))
                .extracting(TestClient.Handled::seq)
                .containsExactlyElementsOf(
                    expected.stream()
                        .limit(last ? expected.size() : got.size())
                        .map(Entry::seq)
                        .toList());
            for (int k = 0; k < got.size(); k++) {
              assertThat(Integer.parseInt(got.get(k).data()))
                  .isEqualTo(number(expected.get(k).text()));
            }
          }
        });
  }
}
