package dev.drawbridge.endpoint.internal.channels.log;

import dev.drawbridge.endpoint.internal.channels.subscription.Resync;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What channels have done, for metrics. Thread-safe. */
public final class ChannelFigures {
  /** Frames given to connections. */
  public final LongAdder deliveries = new LongAdder();

  /** Publishes that are in the log. */
  public final LongAdder published = new LongAdder();

  /** Publishes that are certainly not. */
  public final LongAdder unavailable = new LongAdder();

  /** Publishes of which nobody knows. */
  public final LongAdder unknown = new LongAdder();

  /** Resumes that were complete. */
  public final LongAdder resumed = new LongAdder();

  private final Map<Resync, LongAdder> resyncs = resyncs();

  /** Frames that were replayed. */
  public final LongAdder replayed = new LongAdder();

  /** Times that this node went on from another place. */
  public final LongAdder resets = new LongAdder();

  /** Entries of a later version. */
  public final LongAdder skipped = new LongAdder();

  private static Map<Resync, LongAdder> resyncs() {
    Map<Resync, LongAdder> all = new EnumMap<>(Resync.class);
    for (Resync reason : Resync.values()) {
      all.put(reason, new LongAdder());
    }
    return all;
  }

  /** Resumes that were not. */
  public LongAdder resyncs(Resync reason) {
    return Objects.requireNonNull(resyncs.get(reason));
  }
}
