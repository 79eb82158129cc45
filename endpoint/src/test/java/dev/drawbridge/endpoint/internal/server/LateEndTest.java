package dev.drawbridge.endpoint.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.transport.FakeTransport;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * What the application does at the beginning and at the end, when it hangs and the client is gone.
 */
class LateEndTest {
  private static final long S = TimeUnit.SECONDS.toNanos(1);

  private final List<String> life = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch never = new CountDownLatch(1);

  private FakeEndpoint endpointThatHangsAt(String moment) {
    return new FakeEndpoint(
        FakeEndpoint.define(
            builder ->
                builder
                    .onOpen(connection -> comes("open", moment))
                    .onClose((connection, close) -> comes("close", moment))));
  }

  private void comes(String what, String hangs) {
    if (what.equals(hangs)) {
      inside.countDown();
      try {
        never.await();
      } catch (InterruptedException e) {
        life.add(what + " interrupted");
        return;
      }
    }
    life.add(what);
  }

  /** Runs what handlers have to do on a thread of its own, which hangs. */
  private Thread hangs(FakeEndpoint endpoint) throws InterruptedException {
    Thread thread = new Thread(endpoint::runOne, "handler of the test");
    thread.setDaemon(true);
    thread.start();
    assertThat(inside.await(20, TimeUnit.SECONDS)).isTrue();
    return thread;
  }

  @Test
  void openingThatBeginsAfterTheEndIsWatched() throws Exception {
    FakeEndpoint endpoint = endpointThatHangsAt("open");
    ServerConnection connection = endpoint.admit("alice");
    FakeTransport transport = new FakeTransport(connection);
    endpoint.during =
        () -> {
          if (endpoint.opened.contains(connection)) {
            endpoint.during = () -> {};
            transport.end(1006, Initiator.NETWORK);
          }
        };
    transport.open();
    Thread handler = hangs(endpoint);

    endpoint.tick(System.nanoTime() + 6 * S);
    handler.join(20_000);
    endpoint.runOne();

    assertThat(life).containsExactly("open interrupted", "close");
    endpoint.tick(System.nanoTime());
    assertThat(endpoint.index.leaving()).isEmpty();
  }

  @Test
  void endThatComesWithTheWelcomeIsNoReasonToForgetTheOpening() throws Exception {
    FakeEndpoint endpoint = endpointThatHangsAt("open");
    ServerConnection connection = endpoint.admit("alice");
    FakeTransport transport = new FakeTransport(connection);
    transport.during(
        () -> {
          transport.during(() -> {});
          transport.end(1006, Initiator.NETWORK);
        });
    transport.open();
    Thread handler = hangs(endpoint);

    endpoint.tick(System.nanoTime() + 6 * S);
    handler.join(20_000);
    endpoint.runOne();

    assertThat(life).containsExactly("open interrupted", "close");
  }

  @Test
  void actionAtTheEndThatHangsIsInterruptedAndForgotten() throws Exception {
    FakeEndpoint endpoint = endpointThatHangsAt("close");
    ServerConnection connection = endpoint.admit("alice");
    FakeTransport transport = new FakeTransport(connection);
    transport.open();
    endpoint.runOne();
    transport.end(1000, Initiator.CLIENT);
    Thread handler = hangs(endpoint);

    endpoint.tick(System.nanoTime() + 6 * S);
    handler.join(20_000);
    endpoint.tick(System.nanoTime() + 7 * S);

    assertThat(life).containsExactly("open", "close interrupted");
    assertThat(endpoint.index.leaving()).isEmpty();
  }
}
