package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.TestClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Clients that are cut at a random byte again and again while others publish. */
class ChannelCutsTest {
  private static final int CLIENTS = 4;
  private static final int CUTS_EACH = 100;
  private static final String[] ROOMS = {"room:1", "room:2", "room:3"};
  private static final int MAX_BYTES = 20_000;

  /** Where each message is, by its number in the log. */
  private final Map<Long, String> published = new ConcurrentSkipListMap<>();

  /** Texts by number, so that a wrong one is seen. */
  private final Map<Long, Integer> texts = new ConcurrentSkipListMap<>();

  /** Texts of which the publisher does not know. */
  private final Set<String> unsure = ConcurrentHashMap.newKeySet();

  @Test
  void hundredsOfCutsLoseNothingAndRepeatNothing() throws Exception {
    try (TestServer server =
            TestServer.setup()
                .set("drawbridge.connections.per.user", "0")
                .endpoint(
                    endpoint ->
                        endpoint.channel(
                            "room:", rules -> rules.authorize((user, action, names) -> names)))
                .start();
        CuttingProxy proxy = new CuttingProxy(server.port(), MAX_BYTES, 11)) {
      Channels channels = Channels.of(server.context().getServletContext());
      CountDownLatch over = new CountDownLatch(1);
      ExecutorService threads = Executors.newFixedThreadPool(CLIENTS + 1);
      try {
        Future<Position> last = threads.submit(() -> publish(channels, over));
        List<Future<TestClient>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
          clients.add(threads.submit(() -> play(proxy)));
        }
        List<TestClient> cut = new ArrayList<>();
        for (Future<TestClient> one : clients) {
          cut.add(one.get(300, TimeUnit.SECONDS));
        }
        over.countDown();
        Position end = last.get(10, TimeUnit.SECONDS);

        for (TestClient client : cut) {
          drain(server, client, end);
          check(client, end);
        }
      } finally {
        over.countDown();
        threads.shutdownNow();
      }
    }
  }

  private Position publish(Channels channels, CountDownLatch over) throws Exception {
    Position position = null;
    for (int i = 0; over.getCount() > 0; i++) {
      // A steady stream, which ends with the test.
      boolean unused = over.await(2, TimeUnit.MILLISECONDS);
      String room = ROOMS[i % ROOMS.length];
      try {
        position =
            channels
                .publish(room, "chat.message", i)
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        published.put(position.seq(), room);
        texts.put(position.seq(), i);
      } catch (ExecutionException e) {
        // A machine that stood still for two seconds: it may be in the log.
        unsure.add(String.valueOf(i));
      }
    }
    return position;
  }

  /** Comes back until it was cut often enough. */
  private static TestClient play(CuttingProxy proxy) {
    TestClient client = new TestClient();
    for (int cuts = 0; cuts < CUTS_EACH; cuts++) {
      try (RawSocket socket = new RawSocket(proxy.port(), "alice")) {
        socket.text(first(client));
        boolean more = true;
        while (more) {
          more = take(socket, client);
        }
      } catch (IOException e) {
        // It was cut in the handshake, or in the middle of a frame.
      }
      client.broken();
    }
    return client;
  }

  /** False when it is over. */
  private static boolean take(RawSocket socket, TestClient client) throws IOException {
    RawSocket.Frame frame = socket.read();
    if (frame == null || frame.opcode() == RawSocket.CLOSE) {
      return false;
    }
    String text = frame.text();
    if (!text.startsWith("{\"type\":\"welcome\"")) {
      client.take(text);
    }
    return true;
  }

  private static String first(TestClient client) {
    if (client.cursor() == null) {
      return "{\"type\":\"subscribe\",\"id\":\"s\",\"data\":{\"channels\":[\""
          + String.join("\",\"", ROOMS)
          + "\"]}}";
    }
    Position from = client.resumeFrom();
    return String.format(
        "{\"type\":\"resume\",\"id\":\"r\",\"data\":{\"epoch\":\"%s\",\"seq\":%d,\"channels\":[\"%s\"]}}",
        from.epoch(), from.seq(), String.join("\",\"", client.channels));
  }

  /** Comes back once more, without cuts, and reads to the end. */
  private static void drain(TestServer server, TestClient client, Position end) throws IOException {
    try (RawSocket socket = new RawSocket(server.port(), "alice")) {
      socket.text(first(client));
      while (client.cursor() == null || client.cursor().seq() < end.seq() || client.isReplaying()) {
        assertThat(take(socket, client)).isTrue();
      }
    }
  }

  private void check(TestClient client, Position end) {
    // A machine that is slow lets more wait than a replay holds: then that is said.
    assertThat(client.resyncs.values()).allMatch(reasons -> reasons.size() < CUTS_EACH / 4);
    assertThat(client.resyncs.values().stream().flatMap(List::stream)).allMatch("too_many"::equals);
    for (String room : ROOMS) {
      List<Long> expected =
          published.entrySet().stream()
              .filter(one -> one.getValue().equals(room))
              .map(Map.Entry::getKey)
              .filter(seq -> seq > client.stated.get(room).seq() && seq <= end.seq())
              .toList();
      assertThat(
              client.handled.subList(client.handledBefore.get(room), client.handled.size()).stream()
                  .filter(one -> one.channel().equals(room) && !unsure.contains(one.data())))
          .extracting(TestClient.Handled::seq)
          .containsExactlyElementsOf(expected);
    }
    assertThat(client.handled)
        .extracting(TestClient.Handled::seq)
        .doesNotHaveDuplicates()
        .isSorted();
    assertThat(client.handled)
        .filteredOn(one -> !unsure.contains(one.data()))
        .allMatch(one -> one.data().equals(String.valueOf(texts.get(one.seq()))));
  }
}
