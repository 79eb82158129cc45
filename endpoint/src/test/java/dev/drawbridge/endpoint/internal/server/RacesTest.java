package dev.drawbridge.endpoint.internal.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ConnectionClose;
import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.Connections.Delivery;
import dev.drawbridge.endpoint.SendFailedException;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.transport.FakeTransport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * What meets in the middle of something else: a tick between two writes, an end inside of a close,
 * a stage that completes late. Each step is the test's, on a transport of its own.
 */
class RacesTest {
  private static final long S = TimeUnit.SECONDS.toNanos(1);

  private final List<Integer> handled = new ArrayList<>();
  private final List<String> life = new ArrayList<>();
  private final CompletableFuture<Object> stage = new CompletableFuture<>();
  private final FakeEndpoint endpoint =
      new FakeEndpoint(
          FakeEndpoint.define(
              builder ->
                  builder
                      .on("m", JsonNode.class, (data, connection) -> handle(data.asInt()))
                      .on("stage", JsonNode.class, (data, connection) -> stage)
                      .onOpen(connection -> life.add("open"))
                      .onClose(
                          (connection, close) ->
                              life.add("closed " + close.code() + word(close)))));

  private static String word(ConnectionClose close) {
    return " by " + close.initiator().word();
  }

  private Object handle(int number) {
    handled.add(number);
    return number;
  }

  /** A connection and its transport, open and welcomed. */
  private record Peer(ServerConnection connection, FakeTransport transport) {}

  private Peer open() {
    ServerConnection connection = endpoint.admit("alice");
    FakeTransport transport = new FakeTransport(connection);
    transport.open();
    transport.writeOne();
    run();
    return new Peer(connection, transport);
  }

  private void run() {
    while (endpoint.runOne()) {
      // All that handlers have to do.
    }
  }

  private static String last(FakeTransport transport) {
    return transport.written.get(transport.written.size() - 1);
  }

  @Test
  void tickWhileTheStateChangesToClosingCutsNothing() {
    Peer peer = open();
    endpoint.during =
        () -> {
          endpoint.during = () -> {};
          endpoint.tick(System.nanoTime() + S);
        };
    peer.transport.during(() -> endpoint.tick(System.nanoTime() + S));

    peer.connection.close(CloseCode.NORMAL, "bye");

    assertThat(peer.transport.closeCode()).isEqualTo(1000);
    assertThat(peer.transport.isCut()).isFalse();
    endpoint.tick(System.nanoTime() + 3 * S);
    assertThat(peer.transport.isCut()).isTrue();
    assertThat(endpoint.index.isEmpty()).isTrue();
  }

  @Test
  void whatNobodyCouldBeToldIsRefusedAlsoWhereNobodyIs() {
    assertThatThrownBy(() -> endpoint.index.all().send("ping", null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> endpoint.index.all().close(CloseCode.NORMAL, "a\ud83d"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void tickBetweenTwoWritesSeesTheNextOneAsYoungAsItIs() {
    Peer peer = open();
    peer.connection.connection().send("n", 1);
    CompletableFuture<Void> second =
        peer.connection.connection().send("n", 2).toCompletableFuture();
    peer.transport.during(() -> endpoint.tick(System.nanoTime() + 9 * S));

    peer.transport.writeOne();

    assertThat(peer.connection.isOpen()).isTrue();
    assertThat(second).isNotDone();
    peer.transport.writeOne();
    assertThat(second).isCompleted();
    endpoint.tick(System.nanoTime() + 60 * S);
    assertThat(peer.connection.isOpen()).isTrue();
  }

  @Test
  void tickThatFindsTheReaderTooSlowFailsEachFrameOnce() {
    Peer peer = open();
    List<CompletableFuture<Void>> sends = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      sends.add(peer.connection.connection().send("n", i).toCompletableFuture());
    }

    endpoint.tick(System.nanoTime() + 11 * S);
    peer.transport.end(1006, Initiator.NETWORK);
    run();

    assertThat(peer.transport.closeCode()).isEqualTo(4510);
    assertThat(peer.transport.closes()).isEqualTo(1);
    for (CompletableFuture<Void> send : sends) {
      assertThat(send).isCompletedExceptionally();
    }
    assertThat(life).containsExactly("open", "closed 4510 by server");
  }

  @Test
  void closeInTheMiddleOfABroadcastFailsThatOneAlone() {
    Peer first = open();
    Peer second = open();
    first.transport.during(() -> second.connection.close(CloseCode.NORMAL, ""));
    second.transport.during(() -> first.connection.close(CloseCode.NORMAL, ""));

    CompletableFuture<Delivery> delivery = endpoint.index.all().send("n", 1).toCompletableFuture();
    first.transport.writeOne();
    second.transport.writeOne();

    assertThat(delivery).isCompletedWithValue(new Delivery(1, 1));
    assertThat(first.transport.closes() + second.transport.closes()).isEqualTo(2);
    assertThat(first.transport.breaches).isEmpty();
    assertThat(second.transport.breaches).isEmpty();
  }

  @Test
  void closeInTheMiddleOfAWriteComesBehindWhatWaits() {
    Peer peer = open();
    CompletableFuture<Void> first = peer.connection.connection().send("n", 1).toCompletableFuture();
    CompletableFuture<Void> second =
        peer.connection.connection().send("n", 2).toCompletableFuture();

    peer.connection.close(CloseCode.NORMAL, "");
    CompletableFuture<Void> late = peer.connection.connection().send("n", 3).toCompletableFuture();

    assertThat(late).isCompletedExceptionally();
    assertThat(peer.transport.closes()).isZero();
    peer.transport.writeOne();
    peer.transport.writeOne();
    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
    assertThat(peer.transport.closes()).isEqualTo(1);
    assertThat(peer.transport.breaches).isEmpty();
  }

  @Test
  void endOfATurnThatComesTooLateTellsNobodyTwice() {
    Peer peer = open();
    peer.transport.turn(true);
    CompletableFuture<Void> send = peer.connection.connection().send("n", 1).toCompletableFuture();
    peer.transport.writeOne();
    boolean copiedIsNotWritten = !send.isDone();

    peer.transport.end(1006, Initiator.NETWORK);
    peer.transport.flush();

    assertThat(copiedIsNotWritten).isTrue();
    assertThat(send)
        .failsWithin(java.time.Duration.ZERO)
        .withThrowableOfType(java.util.concurrent.ExecutionException.class)
        .withCauseInstanceOf(SendFailedException.class);
  }

  @Test
  void textThatDoesNotWaitTakesAlongWhatWasCopied() {
    Peer peer = open();
    peer.transport.turn(true);
    CompletableFuture<Void> copied =
        peer.connection.connection().send("n", 1).toCompletableFuture();
    peer.transport.writeOne();
    peer.transport.turn(false);

    CompletableFuture<Void> next = peer.connection.connection().send("n", 2).toCompletableFuture();
    boolean early = copied.isDone();
    peer.transport.writeOne();

    assertThat(early).isFalse();
    assertThat(copied).isCompleted();
    assertThat(next).isCompleted();
  }

  @Test
  void stageThatCompletesLateAnswersNothing() {
    Peer peer = open();
    peer.transport.inline(true);
    peer.transport.text("{\"type\":\"stage\",\"id\":\"s\",\"data\":0}");
    peer.transport.text("{\"type\":\"m\",\"id\":\"1\",\"data\":1}");
    run();

    endpoint.tick(System.nanoTime() + 6 * S);
    run();
    int answers = peer.transport.written.size();
    String next = last(peer.transport);
    stage.complete("late");
    run();

    assertThat(handled).containsExactly(1);
    assertThat(next).contains("\"ack\"").contains("\"1\"");
    assertThat(peer.transport.written).hasSize(answers);
    assertThat(peer.transport.written).anyMatch(text -> text.contains("handler_timeout"));
    assertThat(peer.connection.isHandling()).isFalse();
  }

  @Test
  void whatTheClientHasSentBeforeItsCloseIsHandled() {
    Peer peer = open();
    for (int i = 1; i <= 3; i++) {
      peer.transport.text("{\"type\":\"m\",\"data\":" + i + "}");
    }

    peer.transport.end(1000, Initiator.CLIENT);
    run();

    assertThat(handled).containsExactly(1, 2, 3);
    assertThat(life).containsExactly("open", "closed 1000 by client");
  }

  @Test
  void drainThatBeginsInTheMiddleOfAnOpeningIsTold() {
    ServerConnection connection = endpoint.admit("alice");
    FakeTransport transport = new FakeTransport(connection);
    List<CompletableFuture<Void>> drains = new ArrayList<>();
    endpoint.during =
        () -> {
          if (drains.isEmpty()) {
            drains.add(endpoint.index.drain().toCompletableFuture());
          }
        };
    transport.inline(true);

    transport.open();
    run();
    endpoint.tick(System.nanoTime());

    assertThat(transport.written).hasSize(2);
    assertThat(transport.written.get(0)).contains("welcome");
    assertThat(transport.written.get(1)).contains("\"drain\"");
    assertThat(transport.closeCode()).isEqualTo(1012);
    transport.end(1012, Initiator.CLIENT);
    endpoint.tick(System.nanoTime());
    assertThat(drains.get(0)).isCompleted();
    assertThat(endpoint.index.isEmpty()).isTrue();
  }

  @Test
  void stopInTheMiddleOfAnOpeningForgetsNothing() {
    ServerConnection connection = endpoint.admit("alice");
    FakeTransport transport = new FakeTransport(connection);
    endpoint.during =
        () -> {
          endpoint.during = () -> {};
          endpoint.stop();
        };

    transport.open();
    run();

    assertThat(connection.isEnded()).isTrue();
    assertThat(endpoint.index.isEmpty()).isTrue();
    assertThat(endpoint.index.opening()).isEmpty();
    assertThat(endpoint.places).isZero();
  }

  @Test
  void clientThatClosesInTheMiddleOfOurCloseIsOverOnce() {
    Peer peer = open();
    peer.transport.during(() -> peer.transport.end(1001, Initiator.CLIENT));

    peer.connection.close(CloseCode.NORMAL, "");
    run();

    assertThat(life).containsExactly("open", "closed 1000 by server");
    assertThat(endpoint.places).isZero();
    assertThat(endpoint.index.isEmpty()).isTrue();
    endpoint.tick(System.nanoTime() + 60 * S);
    assertThat(peer.transport.closes()).isEqualTo(1);
  }
}
