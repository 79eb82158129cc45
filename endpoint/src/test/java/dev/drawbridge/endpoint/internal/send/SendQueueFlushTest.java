package dev.drawbridge.endpoint.internal.send;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.FakeConfig;
import dev.drawbridge.endpoint.internal.Limits;
import dev.drawbridge.endpoint.internal.transport.Transport;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What waits is written by a thread of the handlers that may be interrupted meanwhile. */
class SendQueueFlushTest {
  /** Whether the thread was interrupted while it flushed. */
  private final CompletableFuture<Boolean> inside = new CompletableFuture<>();

  private final class Interrupting implements Transport {
    private Writer writer;

    @Override
    public void writer(Writer told) {
      writer = told;
    }

    @Override
    public boolean mayWait() {
      return true;
    }

    @Override
    public boolean gathers() {
      return true;
    }

    @Override
    public void sendText(String text, boolean waits) {
      writer.written();
    }

    @Override
    public void flush() {
      Thread.currentThread().interrupt();
      inside.complete(Thread.currentThread().isInterrupted());
    }

    @Override
    public void demand() {
      throw new AssertionError("nothing is read here");
    }

    @Override
    public void close(int code, String reason) {
      throw new AssertionError("nothing is closed here");
    }

    @Override
    public void disconnect() {
      throw new AssertionError("nothing is cut here");
    }

    @Override
    public void idleTimeout(Duration longest) {
      throw new AssertionError("nothing times out here");
    }
  }

  private static final class Nobody implements SendQueue.Listener {
    @Override
    public void tooSlow(String why) {
      throw new AssertionError(why);
    }

    @Override
    public void broken(Throwable cause) {
      throw new AssertionError(cause);
    }

    @Override
    public void closeSent() {
      throw new AssertionError("nothing is closed here");
    }
  }

  @Test
  void interruptWaitsUntilWhatWaitsIsWritten() throws Exception {
    SendQueue queue =
        new SendQueue(
            new Interrupting(),
            new Limits(FakeConfig.of(Duration.ofSeconds(10), 10, 10)),
            new Nobody(),
            EncodedMessage.of("first", () -> {}),
            null);
    CompletableFuture<Boolean> afterwards = new CompletableFuture<>();

    new WriteSafeThread(
            () -> {
              queue.start();
              queue.flush();
              afterwards.complete(Thread.interrupted());
            },
            "handler")
        .start();

    assertThat(inside.get(10, TimeUnit.SECONDS)).isFalse();
    assertThat(afterwards.get(10, TimeUnit.SECONDS)).isTrue();
  }
}
