package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections of one selector that have something to read at the same moment. */
class TurnsInRoundsTest {
  private static final int CLIENTS = 8;

  private final List<String> handled = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, RecordingClient> clients = new TreeMap<>();
  private volatile CountDownLatch holding = new CountDownLatch(1);
  private volatile CountDownLatch released = new CountDownLatch(0);
  private TestServer server;
  private RecordingClient holder;

  @BeforeEach
  void connect() {
    server =
        TestServer.setup()
            .selectors(1)
            .endpoint(
                endpoint ->
                    endpoint
                        .on("hold", Void.class)
                        .onReadingThread()
                        .handle(
                            (nothing, connection) -> {
                              holding.countDown();
                              return released.await(10, TimeUnit.SECONDS);
                            })
                        .on("mark", Void.class)
                        .onReadingThread()
                        .handle((nothing, connection) -> handled.add(connection.user().subject())))
            .start();
    holder = server.connect("alice");
    for (int i = 0; i < CLIENTS; i++) {
      clients.put("crowd-" + i, server.connect("crowd-" + i));
    }
  }

  @AfterEach
  void leave() {
    clients.values().forEach(RecordingClient::leave);
    holder.leave();
    server.close();
  }

  /** In which order messages are handled that all are there when the selector looks. */
  private List<String> order(List<String> of) throws InterruptedException {
    handled.clear();
    holding = new CountDownLatch(1);
    released = new CountDownLatch(1);
    holder.send("hold", "h", null);
    assertThat(holding.await(10, TimeUnit.SECONDS)).isTrue();
    of.forEach(name -> clients.get(name).send("mark", name, null));
    released.countDown();
    holder.expect("ack");
    of.forEach(name -> clients.get(name).expect("ack"));
    return List.copyOf(handled);
  }

  @Test
  void whoWasReadLongestAgoIsReadFirst() throws Exception {
    List<String> first = order(List.copyOf(clients.keySet()));
    List<String> front = first.subList(0, CLIENTS / 2);
    List<String> back = first.subList(CLIENTS / 2, CLIENTS);

    assertThat(order(first)).isEqualTo(first);

    order(front);
    List<String> expected = new ArrayList<>(back);
    expected.addAll(front);
    assertThat(order(first)).isEqualTo(expected);
  }

  /** The order of a hash table would begin with the same one each time. */
  @Test
  void whoWasReadAloneMeanwhileComesLast() throws Exception {
    List<String> order = order(List.copyOf(clients.keySet()));
    for (int i = 0; i < CLIENTS; i++) {
      String alone = order.get(0);
      order(List.of(alone));

      List<String> expected = new ArrayList<>(order.subList(1, CLIENTS));
      expected.add(alone);
      order = order(order);

      assertThat(order).isEqualTo(expected);
    }
  }
}
