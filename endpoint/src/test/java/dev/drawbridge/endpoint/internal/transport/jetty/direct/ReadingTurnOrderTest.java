package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.ByteArrayEndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two threads that read one connection after each other, in every order that Jetty allows. */
class ReadingTurnOrderTest {
  private final ByteArrayEndPoint endPoint = new ByteArrayEndPoint();
  private final ReadingTurn turn = new ReadingTurn(endPoint);
  private final ExecutorService first = Executors.newSingleThreadExecutor();
  private final ExecutorService second = Executors.newSingleThreadExecutor();

  @AfterEach
  void stop() {
    first.shutdownNow();
    second.shutdownNow();
  }

  private static <T> T on(ExecutorService thread, Callable<T> step) throws Exception {
    return thread.submit(step).get(10, TimeUnit.SECONDS);
  }

  private boolean begin(ExecutorService thread) throws Exception {
    return on(
        thread,
        () -> {
          turn.begin();
          return true;
        });
  }

  /** Reads something, of which a part is left. */
  private int fill(ExecutorService thread) throws Exception {
    endPoint.addInput("more to read");
    return on(thread, () -> turn.fill(BufferUtil.allocate(ByteBuffer.allocate(64).capacity())));
  }

  @Test
  void lateEndOfAnotherThreadLeavesTheFlushToTheReader() throws Exception {
    begin(first);
    begin(second);
    fill(second);

    boolean waits = on(second, turn::mayWait);
    boolean flushesLate = on(first, turn::end);
    boolean waitsStill = on(second, turn::mayWait);
    boolean flushes = on(second, turn::end);

    assertThat(waits).isTrue();
    assertThat(flushesLate).isFalse();
    assertThat(waitsStill).isTrue();
    assertThat(flushes).isTrue();
  }

  @Test
  void whatTheFirstLeftIsFlushedByTheSecondAndAgainByTheFirst() throws Exception {
    begin(first);
    fill(first);
    boolean waits = on(first, turn::mayWait);
    begin(second);

    boolean second1 = on(second, turn::end);
    boolean first1 = on(first, turn::end);

    assertThat(waits).isTrue();
    // The frame of the first may have been copied after the flush of the second.
    assertThat(second1).isTrue();
    assertThat(first1).isTrue();
    begin(first);
    assertThat(on(first, turn::end)).isFalse();
  }

  @Test
  void threadThatDoesNotReadNeverWaits() throws Exception {
    begin(first);
    fill(first);

    assertThat(on(second, turn::mayWait)).isFalse();
    assertThat(on(first, turn::mayWait)).isTrue();
    assertThat(on(first, turn::end)).isTrue();
  }

  @Test
  void turnInWhichNothingWaitedHasNothingToFlush() throws Exception {
    begin(first);
    fill(first);

    assertThat(on(first, turn::end)).isFalse();
  }
}
