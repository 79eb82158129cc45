package dev.drawbridge.outbox;

import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows one channel over the deaths of its servers, as the TypeScript client does: goes on from
 * its position at the next server, and loads the state anew where it cannot.
 */
final class FollowingClient {
  private static final TestTokens TOKENS = new TestTokens();

  private final List<URI> servers;
  private final Supplier<List<Integer>> state;
  private final List<Integer> seen = new ArrayList<>();
  private final List<Integer> loaded = new ArrayList<>();
  private final Thread thread = new Thread(this::follow, "following client");
  private volatile boolean stopped;
  private volatile int count;
  private volatile int resyncs;
  private volatile String epoch = "";
  private long seq;

  /**
   * Begins to follow {@code orders:1}.
   *
   * @param state what is loaded after a resync
   */
  FollowingClient(List<URI> servers, Supplier<List<Integer>> state) {
    this.servers = servers;
    this.state = state;
    thread.start();
  }

  private void follow() {
    for (int i = 0; !stopped; i++) {
      try (RecordingClient client =
          RecordingClient.connect(servers.get(i % servers.size()), TOKENS.of("alice"))) {
        begin(client);
        for (Event event = next(client); !stopped; event = next(client)) {
          if (event instanceof Frame frame) {
            take(frame);
          } else if (event != null) {
            break;
          }
        }
      } catch (RuntimeException | AssertionError e) {
        // The server is not there: the next one may be.
        LockSupport.parkNanos(50_000_000);
      }
    }
  }

  private void begin(RecordingClient client) {
    Frame ack =
        epoch.isEmpty() ? client.subscribe("orders:1") : client.resume(epoch, seq, "orders:1");
    if (!ack.type().equals("ack")) {
      throw new AssertionError(ack.json());
    }
    boolean first = epoch.isEmpty();
    boolean resumed = ack.data().path("resumed").asBoolean();
    if (!resumed) {
      epoch = ack.data().path("epoch").asText();
      seq = ack.data().path("seq").asLong();
    }
    if (!first && !resumed) {
      reload();
    }
  }

  /** Position first, then data: what was seen before is in it. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
  private void reload() {
    resyncs++;
    loaded.clear();
    loaded.addAll(state.get());
    seen.clear();
    count = 0;
  }

  private static @Nullable Event next(RecordingClient client) {
    try {
      return client.nextEvent(Duration.ofMillis(250));
    } catch (AssertionError e) {
      return null;
    }
  }

  private void take(Frame frame) {
    if (frame.type().equals("order.changed")) {
      seq = frame.seq();
      seen.add(frame.data().asInt());
      count = seen.size();
    } else if (frame.type().equals("resume")) {
      epoch = frame.data().path("epoch").asText();
      seq = frame.data().path("seq").asLong();
      reload();
    }
  }

  int count() {
    return count;
  }

  /** Where it would go on; null before it is subscribed. */
  @Nullable String resumesAt() {
    return epoch.isEmpty() ? null : epoch;
  }

  int resyncs() {
    return resyncs;
  }

  /** What came since the last resync; after {@link #stop}. */
  List<Integer> seen() {
    return seen;
  }

  /** What was loaded at the last resync; after {@link #stop}. */
  List<Integer> loaded() {
    return loaded;
  }

  /** Ends it; afterwards all that came can be read. */
  void stop() throws InterruptedException {
    stopped = true;
    thread.join();
  }
}
