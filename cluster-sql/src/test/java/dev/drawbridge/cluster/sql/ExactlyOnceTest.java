package dev.drawbridge.cluster.sql;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.TcpProxy;
import dev.drawbridge.testservers.RestartablePostgres;
import dev.drawbridge.testservers.TestServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Two servers publish under load while a link is cut and the database is stopped and started: what
 * was acknowledged arrives once and in order, or a resync stands in its place.
 *
 * <p>{@code -Dexactly.once.seconds} says how long.
 */
class ExactlyOnceTest {
  private static final long SECONDS = Long.getLong("exactly.once.seconds", 3);
  private static final String CHANNEL = "room:1";
  private static final String END = "end";

  /**
   * What a page saw: the frames of each epoch, in their order, the epochs, and behind which
   * position each of them goes on, for it has loaded anew what stands up to there.
   */
  private record Seen(
      Map<String, List<Frame>> frames, List<String> epochs, Map<String, Long> from) {}

  @Test
  void whatWasAcknowledgedArrivesOnceOverCutsAndARestartOfTheDatabase() throws Exception {
    Assumptions.assumeTrue(TestServer.available().contains(TestServer.POSTGRESQL));
    try (RestartablePostgres server = new RestartablePostgres()) {
      server.start();
      SqlDatabase database = SqlDatabase.migrated(server.url(), "postgres");
      try (TcpProxy link = new TcpProxy(server.port());
          TestNode a = SqlNodes.start(server.url(), "postgres");
          TestNode b = SqlNodes.start(database.urlBy(link.port()), "postgres");
          RecordingClient alice = a.client("alice");
          RecordingClient bob = b.client("bob")) {
        eventually("both are up", () -> a.isUp() && b.isUp());
        String epoch = alice.subscribe(CHANNEL).data().path("epoch").asText();
        bob.subscribe(CHANNEL);
        Map<Position, String> acknowledged = new ConcurrentHashMap<>();
        ExecutorService pages = Executors.newFixedThreadPool(4);
        try {
          List<Future<Seen>> seen =
              List.of(pages.submit(() -> read(alice, epoch)), pages.submit(() -> read(bob, epoch)));
          long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
          List<Future<?>> publishers = new ArrayList<>();
          for (TestNode node : List.of(a, b)) {
            publishers.add(pages.submit(() -> publish(node, until, acknowledged)));
          }
          LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(SECONDS) / 4);
          link.cut();
          LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(SECONDS) / 4);
          server.stop();
          server.start();
          for (Future<?> publisher : publishers) {
            publisher.get(60 + SECONDS, TimeUnit.SECONDS);
          }
          eventually("both are up again", () -> a.isUp() && b.isUp());
          eventually("the end is published", () -> publish(a, END, acknowledged));

          for (Future<Seen> one : seen) {
            check(one.get(60, TimeUnit.SECONDS), acknowledged);
          }
          System.out.println(
              "exactly once: {\"seconds\":"
                  + SECONDS
                  + ",\"acknowledged\":"
                  + acknowledged.size()
                  + "}");
        } finally {
          pages.shutdownNow();
        }
      }
    }
  }

  private static void publish(TestNode node, long until, Map<Position, String> acknowledged) {
    for (int i = 0; System.nanoTime() - until < 0; i++) {
      publish(node, node.port() + "-" + i, acknowledged);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(3));
    }
  }

  /** False when nobody says that it is in the log. */
  private static boolean publish(TestNode node, String text, Map<Position, String> acknowledged) {
    try {
      Position position =
          node.channels()
              .publish(CHANNEL, "chat.message", Map.of("text", text))
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS);
      assertThat(acknowledged.put(position, text)).as("one message at one position").isNull();
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (Exception e) {
      return false;
    }
  }

  private static Seen read(RecordingClient client, String firstEpoch) {
    Seen seen = new Seen(new HashMap<>(), new ArrayList<>(List.of(firstEpoch)), new HashMap<>());
    String epoch = firstEpoch;
    while (true) {
      Frame frame = client.next();
      if (frame.type().equals("resume")) {
        epoch = frame.data().path("epoch").asText();
        seen.epochs().add(epoch);
        seen.from().put(epoch, frame.data().path("seq").asLong());
      } else if (frame.type().equals("chat.message")) {
        seen.frames().computeIfAbsent(epoch, name -> new ArrayList<>()).add(frame);
        if (frame.data().path("text").asText().equals(END)) {
          return seen;
        }
      }
    }
  }

  private static void check(Seen seen, Map<Position, String> acknowledged) {
    assertThat(seen.epochs()).doesNotHaveDuplicates().hasSize(2);
    for (String epoch : seen.epochs()) {
      List<Frame> frames = seen.frames().getOrDefault(epoch, List.of());
      long last = 0;
      Map<Long, String> bySeq = new HashMap<>();
      for (Frame frame : frames) {
        assertThat(frame.seq()).as("in order, each once").isGreaterThan(last);
        last = frame.seq();
        bySeq.put(last, frame.data().path("text").asText());
      }
      assertThat(bySeq.values()).doesNotHaveDuplicates();
      boolean ended = !epoch.equals(seen.epochs().get(seen.epochs().size() - 1));
      for (Map.Entry<Position, String> one : acknowledged.entrySet()) {
        Position position = one.getKey();
        // Behind the last of an epoch that has ended stands the resync.
        if (position.epoch().equals(epoch)
            && position.seq() > seen.from().getOrDefault(epoch, 0L)
            && (!ended || position.seq() <= last)) {
          assertThat(bySeq).containsEntry(position.seq(), one.getValue());
        }
      }
    }
  }
}
