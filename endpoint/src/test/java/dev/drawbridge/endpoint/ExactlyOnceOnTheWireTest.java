package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Many clients in some channels each, who publish and read over links that are cut, that swallow,
 * and over reloads of their page: nobody misses a message, gets one twice or out of order, and each
 * publisher learns what became of each publish. {@code -Dexactly.once.seconds=60} and {@code
 * .clients}, {@code .rate} (publishes per second of all) and {@code .seed} make it longer.
 */
class ExactlyOnceOnTheWireTest {
  private static final int SECONDS = Integer.getInteger("exactly.once.seconds", 20);
  private static final int CLIENTS = Integer.getInteger("exactly.once.clients", 200);
  private static final int RATE = Integer.getInteger("exactly.once.rate", 60);
  private static final long SEED = Long.getLong("exactly.once.seed", 22);
  private static final int CHANNELS_EACH = 5;
  private static final int ROOMS = 20;

  /** Some seconds of what a client gets. */
  private static final int MAX_BYTES = 30_000;

  @Test
  void nobodyMissesAMessageOrGetsOneTwice() throws Exception {
    LogTap tap = new LogTap(new MemoryEngine());
    CountDownLatch over = new CountDownLatch(1);
    List<ChannelPlayer> players = new ArrayList<>();
    long cpu = cpuNanos();
    try (TestServer server = server(tap);
        CuttingProxy cutting = new CuttingProxy(server.port(), MAX_BYTES, SEED);
        CuttingProxy swallowing = new CuttingProxy(server.port(), MAX_BYTES, SEED + 1, true)) {
      Random random = new Random(SEED);
      for (int i = 0; i < CLIENTS; i++) {
        // A third each by a link that is cut, by one that swallows, and by a good one.
        int port = List.of(server.port(), cutting.port(), swallowing.port()).get(i % 3);
        players.add(new ChannelPlayer(i, port, rooms(random), random.nextLong(), over));
      }
      players.forEach(ChannelPlayer::start);
      publish(players, random, over);

      TestServer.await(
          "each publisher knows what became of each publish",
          java.time.Duration.ofSeconds(30),
          () -> players.stream().allMatch(ChannelPlayer::knowsAll));
      players.forEach(player -> player.route(server.port()));
      long end = tap.top();
      TestServer.await(
          "everybody has come to the end of the log",
          java.time.Duration.ofSeconds(30),
          () -> players.stream().allMatch(player -> player.hasCome(end)));
      over.countDown();
      for (ChannelPlayer player : players) {
        player.cut();
        player.join(10_000);
        assertThat(player.isAlive()).isFalse();
      }
      check(tap, players);
      report(tap, players, cpuNanos() - cpu);
    } finally {
      over.countDown();
      players.forEach(ChannelPlayer::cut);
    }
  }

  private static TestServer server(LogTap tap) {
    return TestServer.setup()
        .attribute(ClusterEngine.class.getName(), tap)
        .set("drawbridge.connections.per.user", "0")
        .set("drawbridge.heartbeat.interval", "1s")
        .set("drawbridge.heartbeat.grace", "1s")
        .endpoint(
            endpoint ->
                endpoint.channel(
                    "room:",
                    rules ->
                        rules
                            .authorize((user, action, names) -> new HashSet<>(names))
                            .clientPublish("chat.message", Integer.class)
                            .presence()))
        .start();
  }

  private static List<String> rooms(Random random) {
    List<String> rooms =
        new ArrayList<>(IntStream.range(0, ROOMS).mapToObj(i -> "room:" + i).toList());
    java.util.Collections.shuffle(rooms, random);
    return rooms.subList(0, CHANNELS_EACH);
  }

  /** A steady stream of publishes by anybody, while some reload their page or lose their link. */
  private static void publish(List<ChannelPlayer> players, Random random, CountDownLatch over)
      throws InterruptedException {
    long began = System.nanoTime();
    int number = 0;
    while (System.nanoTime() - began < TimeUnit.SECONDS.toNanos(SECONDS)) {
      long due = began + TimeUnit.SECONDS.toNanos(1) * number / RATE;
      boolean unused = over.await(Math.max(0, due - System.nanoTime()), TimeUnit.NANOSECONDS);
      ChannelPlayer player = players.get(random.nextInt(players.size()));
      player.publish(number, "room:" + random.nextInt(ROOMS));
      number++;
      ChannelPlayer other = players.get(random.nextInt(players.size()));
      switch (random.nextInt(8)) {
        case 0 -> other.cut();
        case 1 -> other.reload();
        default -> {
          // Most of the time nothing happens.
        }
      }
    }
  }

  private static void check(LogTap tap, List<ChannelPlayer> players) {
    Map<String, List<Entry>> truth = tap.messages();
    Map<Integer, Entry> byNumber = new HashMap<>();
    Map<String, Long> lastOfPublisher = new HashMap<>();
    truth.forEach(
        (room, entries) ->
            entries.forEach(
                entry -> {
                  int number = ChannelPlayer.number(entry.text());
                  assertThat(byNumber.put(number, entry))
                      .as("%s is once in the log", number)
                      .isNull();
                }));
    for (ChannelPlayer player : players) {
      player
          .outcomes()
          .forEach(
              (number, seq) -> {
                Entry entry = byNumber.get(number);
                assertThat(entry).as("%s is in the log", number).isNotNull();
                assertThat(entry.seq()).as("its publisher knows where").isEqualTo(seq);
                // Publishes of one client keep their order, over all of its connections.
                Long before = lastOfPublisher.put(player.getName() + entry.channel(), seq);
                assertThat(before == null || before < seq).isTrue();
              });
      player.check(truth);
    }
    assertThat(byNumber)
        .as("nothing is in the log that nobody published")
        .hasSize(players.stream().mapToInt(player -> player.outcomes().size()).sum());
  }

  private static void report(LogTap tap, List<ChannelPlayer> players, long cpuNanos) {
    Map<String, Long> figures = new LinkedHashMap<>();
    figures.put("clients", (long) players.size());
    figures.put("seconds", (long) SECONDS);
    figures.put("entries", tap.top());
    figures.put("publishes", sum(players, player -> player.outcomes().size()));
    figures.put("repeated", sum(players, player -> player.repeats));
    figures.put("handled", sum(players, player -> player.handled));
    figures.put("replayed", sum(players, player -> player.replayed));
    figures.put("breaks", sum(players, player -> player.breaks));
    figures.put("reloads", sum(players, player -> player.reloaded));
    figures.put("resumed", sum(players, player -> player.resumed));
    figures.put("resyncs", sum(players, player -> player.resyncs));
    figures.put("cpuMs", TimeUnit.NANOSECONDS.toMillis(cpuNanos));
    System.out.println("exactly once: " + figures);
    assertThat(figures.get("breaks")).as("links broke").isGreaterThan(players.size() / 2);
    assertThat(figures.get("reloads")).as("pages were loaded anew").isGreaterThan(SECONDS);
    assertThat(figures.get("replayed")).as("messages were missed").isGreaterThan(SECONDS);
    assertThat(figures.get("resyncs"))
        .as("they are for what cannot be replayed, and that was all in the window")
        .isLessThan(players.size() / 20);
  }

  private static long sum(
      List<ChannelPlayer> players, java.util.function.ToLongFunction<ChannelPlayer> figure) {
    return players.stream().mapToLong(figure).sum();
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean)
            java.lang.management.ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
