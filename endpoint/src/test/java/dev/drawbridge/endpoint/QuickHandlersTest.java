package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Handlers that return at once share a thread, and nobody waits for one that does not any more. */
class QuickHandlersTest {
  private static final int MANY = 400;

  private final CountDownLatch gate = new CountDownLatch(1);
  private final AtomicInteger blocked = new AtomicInteger();
  private final Set<String> threads = ConcurrentHashMap.newKeySet();
  private TestServer server;

  /** Data below 0 blocks. */
  private Object handle(JsonNode data) throws InterruptedException {
    threads.add(Thread.currentThread().getName());
    if (data.asInt() < 0) {
      blocked.incrementAndGet();
      assertThat(gate.await(20, TimeUnit.SECONDS)).isTrue();
    }
    return data;
  }

  @BeforeEach
  void start() {
    server =
        TestServer.setup()
            .set("drawbridge.messages.per.second", "1000000")
            .set("drawbridge.message.burst", "1000000")
            .endpoint(
                endpoint ->
                    endpoint
                        .on("one", JsonNode.class, (data, connection) -> handle(data))
                        .on("other", JsonNode.class, (data, connection) -> handle(data)))
            .start();
  }

  @AfterEach
  void stop() {
    gate.countDown();
    server.close();
  }

  private static byte[] messages(String type, int... numbers) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int number : numbers) {
      all.writeBytes(
          RawSocket.textFrame(
              "{\"type\":\"" + type + "\",\"id\":\"m" + number + "\",\"data\":" + number + "}"));
    }
    return all.toByteArray();
  }

  private void makeQuick(String type) {
    try (RecordingClient client = server.connect("carol")) {
      for (int i = 0; i < MANY; i++) {
        assertThat(client.request(type, i).data().asInt()).isEqualTo(i);
      }
      client.leave();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"one", "other"})
  void typeThatWasQuickAndThenBlocksHoldsNobody(String another) {
    makeQuick("one");
    makeQuick("other");

    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      for (int round = 0; round < 20; round++) {
        alice.send("one", "block" + round, -1);
        assertThat(bob.request(another, round).data().asInt()).isEqualTo(round);
      }
      assertThat(alice.request("ping", null).type()).isEqualTo("pong");
      gate.countDown();
      for (int round = 0; round < 20; round++) {
        assertThat(alice.expect("ack").toString()).contains("\"id\":\"block" + round + "\"");
      }
      alice.leave();
      bob.leave();
    }
  }

  @Test
  void manyThatBlockAtOnceHoldNobody() throws Exception {
    makeQuick("one");
    int crowd = 100;
    RawSocket[] sockets = new RawSocket[crowd];
    try (RecordingClient bob = server.connect("bob")) {
      for (int i = 0; i < crowd; i++) {
        sockets[i] = RawSocket.open(server, "crowd-" + i);
        sockets[i].raw(messages("one", -1));
      }
      assertThat(bob.request("one", 1).data().asInt()).isEqualTo(1);
      TestServer.await("all of them block", () -> blocked.get() == crowd);
      gate.countDown();
      for (RawSocket socket : sockets) {
        assertThat(socket.readUntil(RawSocket.TEXT).text()).contains("\"ack\"");
        socket.close();
      }
      bob.leave();
    }
  }

  @Test
  void answersBeforeTheOneThatBlocksGoOut() throws Exception {
    makeQuick("one");

    try (RawSocket socket = RawSocket.open(server, "alice")) {
      socket.raw(messages("one", 1, 2, 3, -1));
      for (int i = 1; i <= 3; i++) {
        assertThat(socket.readUntil(RawSocket.TEXT).text()).contains("\"id\":\"m" + i + "\"");
      }
      TestServer.await("the fourth blocks", () -> blocked.get() == 1);
      gate.countDown();
      assertThat(socket.readUntil(RawSocket.TEXT).text()).contains("\"id\":\"m-1\"");
    }
  }

  @Test
  void lastAnswersOfATurnGoOutWhenWhatFollowsHasNone() throws Exception {
    makeQuick("one");

    try (RawSocket socket = RawSocket.open(server, "alice")) {
      for (int round = 0; round < 50; round++) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(messages("one", 1, 2));
        all.writeBytes(RawSocket.textFrame("{\"type\":\"one\",\"data\":3}"));
        socket.raw(all.toByteArray());
        assertThat(socket.readUntil(RawSocket.TEXT).text()).contains("\"id\":\"m1\"");
        assertThat(socket.readUntil(RawSocket.TEXT).text()).contains("\"id\":\"m2\"");
      }
    }
  }

  @Test
  void quickOnesNeedFewThreads() throws Exception {
    makeQuick("one");
    threads.clear();
    int crowd = 50;
    RawSocket[] sockets = new RawSocket[crowd];
    for (int i = 0; i < crowd; i++) {
      sockets[i] = RawSocket.open(server, "crowd-" + i);
    }
    for (int round = 1; round <= 20; round++) {
      for (RawSocket socket : sockets) {
        socket.raw(messages("one", round));
      }
      for (RawSocket socket : sockets) {
        assertThat(socket.readUntil(RawSocket.TEXT).text()).contains("\"id\":\"m" + round + "\"");
      }
    }
    for (RawSocket socket : sockets) {
      socket.close();
    }

    assertThat(threads).hasSizeLessThan(crowd / 2).allMatch(name -> name.contains("-handler-"));
  }

  @Test
  void orderIsKeptHoweverManyAreGathered() {
    makeQuick("one");

    try (RecordingClient alice = server.connect("alice")) {
      for (int i = 0; i < MANY; i++) {
        alice.send(i % 2 == 0 ? "one" : "other", "m" + i, Map.of("n", i));
      }
      for (int i = 0; i < MANY; i++) {
        assertThat(alice.expect("ack").toString()).contains("\"id\":\"m" + i + "\"");
      }
      alice.leave();
    }
  }
}
