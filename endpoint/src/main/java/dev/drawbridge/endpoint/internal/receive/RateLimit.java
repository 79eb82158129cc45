package dev.drawbridge.endpoint.internal.receive;

import java.util.concurrent.TimeUnit;

/**
 * A token bucket for the messages of one kind of one connection, and the memory of how long it has
 * been overrun. Used by the reading thread only.
 */
public final class RateLimit {
  /** How long a client may overrun its limit before it is closed. */
  static final long MAX_OVERRUN_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A pause in the refusals after which an overrun is over. */
  private static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Beats of the protocol ({@code ping}, {@code pong}) in a second: {@value}. */
  static final int BEATS_PER_SECOND = 10;

  /** Beats at once: {@value}. */
  public static final int BEAT_BURST = 50;

  private final int perSecond;
  private final int burst;
  private final long nanosPerMessage;
  private final long capacityNanos;

  /** The bucket as time: how much of it is full at {@link #atNanos}. */
  private long availableNanos;

  private long atNanos;
  private long overrunSinceNanos;
  private long lastRefusedNanos;
  private boolean overrun;

  /** Messages refused since the overrun began. */
  private int refused;

  public RateLimit(int perSecond, int burst, long nowNanos) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.nanosPerMessage = TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.capacityNanos = nanosPerMessage * burst;
    this.availableNanos = capacityNanos;
    this.atNanos = nowNanos;
  }

  /** For the protocol's own messages, which the application's never use up. */
  public static RateLimit ofBeats(long nowNanos) {
    return new RateLimit(BEATS_PER_SECOND, BEAT_BURST, nowNanos);
  }

  int perSecond() {
    return perSecond;
  }

  int burst() {
    return burst;
  }

  /** After how many nanoseconds one more may pass. */
  long nanosPerMessage() {
    return nanosPerMessage;
  }

  /**
   * Takes one message.
   *
   * @return 0 when it may pass, else the nanoseconds until one may
   */
  public long take(long nowNanos) {
    return take(nowNanos, 1);
  }

  /**
   * Takes several at once.
   *
   * @param messages at most {@link #burst}: more would never pass
   */
  long take(long nowNanos, int messages) {
    long cost = nanosPerMessage * messages;
    availableNanos = Math.min(capacityNanos, availableNanos + (nowNanos - atNanos));
    atNanos = nowNanos;
    if (availableNanos >= cost) {
      availableNanos -= cost;
      return 0;
    }
    if (!overrun || nowNanos - lastRefusedNanos > CALM_NANOS) {
      overrun = true;
      overrunSinceNanos = nowNanos;
      refused = 0;
    }
    refused++;
    lastRefusedNanos = nowNanos;
    return cost - availableNanos;
  }

  /** What has come over the limit, and for how long. */
  public String overrun(long nowNanos) {
    return String.format(
        "%d more within %d ms",
        refused, TimeUnit.NANOSECONDS.toMillis(nowNanos - overrunSinceNanos));
  }

  /** True when the client has been refused for ten seconds without a pause. */
  public boolean isHopeless(long nowNanos) {
    return overrun && nowNanos - overrunSinceNanos >= MAX_OVERRUN_NANOS;
  }
}
