package dev.drawbridge.endpoint.cluster;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How an engine is doing. Immutable.
 *
 * @param state up, behind or down
 * @param since when it became so
 * @param reason why it is not up; nothing secret; null when it is up
 * @param lagMillis how long the last append of this node took to come back through the tail; 0 when
 *     there was none in the last seconds
 * @param head the head of the log as last read; null before the first read
 */
public record EngineHealth(
    State state, Instant since, @Nullable String reason, long lagMillis, @Nullable Head head) {

  /** The three that operators tell apart. */
  public enum State {
    UP,
    /** Reached, but slow. */
    BEHIND,
    DOWN
  }
}
