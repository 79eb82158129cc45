package dev.drawbridge.endpoint.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.SendFailedException;
import dev.drawbridge.endpoint.internal.channels.subscription.Frame;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.endpoint.internal.transport.FakeTransport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Frames that go out together, as a replay does: in order, in one write, and never left behind. */
class SentTogetherTest {
  private final FakeEndpoint endpoint = new FakeEndpoint(FakeEndpoint.define(all -> {}));
  private final ServerConnection connection = endpoint.admit("alice");
  private final FakeTransport transport = new FakeTransport(connection);

  private void open(boolean gathers) {
    transport.gathering(gathers);
    transport.open();
    transport.writeOne();
    transport.inline(true);
    transport.written.clear();
  }

  private static List<Frame> frames(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new Frame("room:1", EncodedMessage.of("m" + i, () -> {})))
        .toList();
  }

  @Test
  void allButTheLastAreCopiedAndNoneIsLeftCopied() {
    open(true);
    int[] copiedAtTheLast = {0};
    transport.during(() -> copiedAtTheLast[0] = transport.copied());

    connection.subscriber().send(frames(5));

    assertThat(transport.written).containsExactly("m0", "m1", "m2", "m3", "m4");
    assertThat(copiedAtTheLast[0]).isEqualTo(4);
    assertThat(transport.copied()).isZero();
    assertThat(transport.breaches).isEmpty();
  }

  @Test
  void aTransportThatCannotWritesEachByItself() {
    open(false);
    int[] most = {0};
    transport.during(() -> most[0] = Math.max(most[0], transport.copied()));

    connection.subscriber().send(frames(5));

    assertThat(transport.written).containsExactly("m0", "m1", "m2", "m3", "m4");
    assertThat(most[0]).isZero();
  }

  @Test
  void theyStandBehindWhatWaitsAndBeforeWhatComesLater() {
    open(true);
    transport.inline(false);
    CompletableFuture<Void> before = connection.connection().send("b", 0).toCompletableFuture();
    CompletableFuture<Void> waits = connection.connection().send("b", 1).toCompletableFuture();

    connection.subscriber().send(frames(2));
    CompletableFuture<Void> after = connection.connection().send("a", 0).toCompletableFuture();
    for (int i = 0; i < 5; i++) {
      transport.writeOne();
    }

    assertThat(transport.written.subList(2, 4)).containsExactly("m0", "m1");
    assertThat(transport.written.get(4)).contains("\"type\":\"a\"");
    assertThat(transport.copied()).isZero();
    assertThat(List.of(before, waits, after)).allMatch(CompletableFuture::isDone);
  }

  @Test
  void aCloseBehindThemTakesAlongWhatWasCopied() {
    open(true);
    transport.inline(false);
    connection.subscriber().send(frames(3));

    connection.close(CloseCode.NORMAL, "bye");
    for (int i = 0; i < 3; i++) {
      transport.writeOne();
    }

    assertThat(transport.written).containsExactly("m0", "m1", "m2");
    assertThat(transport.closes()).isEqualTo(1);
    assertThat(transport.copied()).isZero();
    assertThat(transport.breaches).isEmpty();
  }

  @Test
  void whatWasOnlyCopiedWhenTheConnectionEndsHasFailed() {
    open(true);
    transport.inline(false);
    CompletableFuture<Void> first = connection.connection().send("b", 0).toCompletableFuture();
    transport.writeOne();
    CompletableFuture<Void> second = connection.connection().send("b", 1).toCompletableFuture();
    CompletableFuture<Void> third = connection.connection().send("b", 2).toCompletableFuture();
    connection.subscriber().send(frames(2));
    // The third may wait for the frames behind it.
    transport.writeOne();
    transport.writeOne();

    transport.end(1006, Initiator.NETWORK);

    assertThat(first).isCompleted();
    assertThat(second).isCompleted();
    assertThat(third)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(SendFailedException.class);
  }

  @Test
  void moreThanTheQueueHoldsIsASlowConsumer() {
    open(true);
    transport.inline(false);

    connection.subscriber().send(frames(5_000));

    assertThat(connection.isOpen()).isFalse();
    assertThat(transport.closeCode()).isEqualTo(CloseCode.SLOW_CONSUMER.code());
  }
}
