package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Handlers against the end of their connection: what still runs, what does not, and in what order.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HandlerLifeTest {
  private final Map<String, LinkedBlockingQueue<String>> told = new ConcurrentHashMap<>();
  private final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();
  private TestServer server;

  @BeforeAll
  void start() {
    server = setup().start();
  }

  private TestServer.Setup setup() {
    return TestServer.setup()
        .set("drawbridge.handler.timeout", "500ms")
        .set("drawbridge.connections.per.user", "0")
        .endpoint(
            endpoint ->
                endpoint
                    .onOpen(
                        connection -> {
                          opened.incrementAndGet();
                          if (subject(connection).equals("crowd-slow")) {
                            await("crowd-slow");
                          }
                          tell(connection, "open");
                        })
                    .onClose(
                        connection -> {
                          closed.incrementAndGet();
                          tell(connection, "closed");
                        })
                    .on("echo", JsonNode.class, (data, connection) -> told(connection, "echo"))
                    .on("never", JsonNode.class, (data, c) -> new CompletableFuture<String>())
                    .on(
                        "leave",
                        JsonNode.class,
                        (data, connection) -> {
                          connection.close();
                          return told(connection, "left");
                        })
                    .on(
                        "wait",
                        JsonNode.class,
                        (data, connection) -> {
                          tell(connection, "waits");
                          try {
                            gate(subject(connection)).await();
                            return told(connection, "returned");
                          } catch (InterruptedException e) {
                            tell(connection, "interrupted");
                            throw e;
                          }
                        })
                    .on(
                        "broadcast",
                        JsonNode.class,
                        (data, connection) -> {
                          // For longer than a handler may take, in the middle of writes.
                          while (!Thread.currentThread().isInterrupted()) {
                            server
                                .connections()
                                .forUser("crowd-readers")
                                .send("news", null)
                                .toCompletableFuture()
                                .join();
                          }
                          return told(connection, "interrupted");
                        }));
  }

  @AfterAll
  void stop() {
    server.close();
    assertThat(closed.get()).as("closed as often as opened").isEqualTo(opened.get());
  }

  private static String subject(Connection connection) {
    return connection.user().subject();
  }

  private void tell(Connection connection, String what) {
    queue(subject(connection)).add(what);
  }

  private String told(Connection connection, String what) {
    tell(connection, what);
    return what;
  }

  private LinkedBlockingQueue<String> queue(String subject) {
    return told.computeIfAbsent(subject, name -> new LinkedBlockingQueue<>());
  }

  private CountDownLatch gate(String subject) {
    return gates.computeIfAbsent(subject, name -> new CountDownLatch(1));
  }

  private void await(String subject) {
    try {
      gate(subject).await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void assertTold(String subject, String... what) {
    for (String each : what) {
      try {
        assertThat(queue(subject).poll(10, TimeUnit.SECONDS)).isEqualTo(each);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void theEndIsToldAfterTheBeginningHoweverLongThatTakes() throws IOException {
    RawSocket.open(server, "crowd-slow").close();
    TestServer.await("it is gone", () -> server.connections().forUser("crowd-slow").size() == 0);
    assertThat(queue("crowd-slow")).isEmpty();

    gate("crowd-slow").countDown();

    assertTold("crowd-slow", "open", "closed");
  }

  @Test
  void theEndIsToldAfterTheHandlerThatRuns() {
    RecordingClient client = server.connect("crowd-busy");
    client.send("wait", null);
    client.send("echo", null);
    assertTold("crowd-busy", "open", "waits");
    client.abort();
    TestServer.await("it is gone", () -> server.connections().forUser("crowd-busy").size() == 0);

    gate("crowd-busy").countDown();

    // What waited behind it is not handled any more.
    assertTold("crowd-busy", "returned", "closed");
  }

  @Test
  void handlerThatHangsIsInterruptedEvenIfItsClientIsGone() {
    RecordingClient client = server.connect("crowd-hung");
    client.send("wait", null);
    assertTold("crowd-hung", "open", "waits");
    client.abort();

    assertTold("crowd-hung", "interrupted", "closed");
    TestServer.await("nobody is watched any more", () -> server.core().leaving().isEmpty());
  }

  @Test
  void stageThatNeverCompletesDelaysTheEndByTheTimeOutAtMost() {
    RecordingClient client = server.connect("crowd-never");
    client.send("never", null);
    assertTold("crowd-never", "open");
    TestServer.await(
        "it is handled",
        () -> server.connections().links().stream().anyMatch(one -> one.isHandling()));
    client.abort();

    assertTold("crowd-never", "closed");
    TestServer.await("nobody is watched any more", () -> server.core().leaving().isEmpty());
  }

  @Test
  void whatWaitsBehindACloseByItsHandlerIsNotHandled() {
    try (RecordingClient client = server.connect("crowd-leaver")) {
      client.send("leave", null);
      client.send("echo", null);

      client.expectClose(1000);
      assertTold("crowd-leaver", "open", "left", "closed");
    }
  }

  @Test
  void whatWaitsOfAUserWhoIsDisabledIsNotHandled() {
    try (RecordingClient client = server.connect("carol")) {
      client.send("wait", null);
      client.send("echo", null);
      assertTold("carol", "open", "waits");
      server
          .users()
          .put(User.builder("carol").displayName("Carol").status(User.Status.SUSPENDED).build());
      server.directory().invalidate("carol");
      client.expectClose(4403);

      gate("carol").countDown();

      assertTold("carol", "returned", "closed");
    }
  }

  @Test
  void timeOutInTheMiddleOfABroadcastCutsNobody() {
    try (RecordingClient sender = server.connect("crowd-sender");
        RecordingClient one = server.connect("crowd-readers");
        RecordingClient two = server.connect("crowd-readers")) {
      sender.send("broadcast", "b", null);

      assertTold("crowd-sender", "open", "interrupted");
      for (RecordingClient client : List.of(sender, one, two)) {
        client.send("ping", "p", null);
        boolean answered = false;
        while (!answered) {
          // A reader that is too slow would end here with a close.
          answered = client.next().type().equals("pong");
        }
      }
      sender.abort();
      one.abort();
      two.abort();
    }
  }

  @Test
  void stopTellsOfEveryEnd() {
    TestServer stopping = setup().start();
    RecordingClient idle = stopping.connect("crowd-idle");
    RecordingClient busy = stopping.connect("crowd-stopped");
    busy.send("wait", null);
    assertTold("crowd-idle", "open");
    assertTold("crowd-stopped", "open", "waits");
    try {
      stopping.context().stop();
    } catch (Exception e) {
      throw new AssertionError(e);
    } finally {
      stopping.directory().close();
    }

    assertTold("crowd-idle", "closed");
    assertTold("crowd-stopped", "interrupted", "closed");
    idle.abort();
    busy.abort();
    try {
      stopping.jetty().stop();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
