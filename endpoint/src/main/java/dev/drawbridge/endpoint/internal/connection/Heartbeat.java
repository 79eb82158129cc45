package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.receive.LifeSigns;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Is one client still there? Decides when to ask and when to give up. PROTOCOL.md section 7.
 *
 * <p>The reading thread reports what comes, the timer asks {@link #due}; all times are {@link
 * System#nanoTime}, which no clock change moves.
 */
public final class Heartbeat implements LifeSigns {

  /** What to do now. */
  enum Due {
    NOTHING,
    PING,
    GONE
  }

  private static final double MAX_JITTER = 0.1;

  private final EndpointConfig config;
  private final HeartbeatCounts stats;

  /** Written by the reading thread and by {@link #forgive}. */
  private volatile long lastReceivedNanos;

  /** While the server itself does not read. */
  private volatile boolean paused;

  /** When the last ping was due or sent. Timer thread only. */
  private long lastAskedNanos;

  /** Silence after which to ask, drawn anew for each ping. Timer thread only. */
  private long patienceNanos;

  /** The time in the ping that has no pong yet, 0 when there is none. Guarded by this. */
  private long openPing;

  /** When it was sent. Guarded by this. */
  private long openPingNanos;

  /** The last round trip in nanoseconds, 0 before the first. */
  private volatile long roundTripNanos;

  Heartbeat(EndpointConfig config, HeartbeatCounts stats, long nowNanos) {
    this.config = config;
    this.stats = stats;
    this.lastReceivedNanos = nowNanos;
    this.lastAskedNanos = nowNanos;
    // Spread, so that clients that came together are not asked together.
    long half = intervalNanos() / 2;
    this.patienceNanos = half + ThreadLocalRandom.current().nextLong(half + 1);
  }

  private long intervalNanos() {
    return config.heartbeatInterval().toNanos();
  }

  private long graceNanos() {
    return config.heartbeatGrace().toNanos();
  }

  /** Something came. */
  @Override
  public void received(long nowNanos) {
    lastReceivedNanos = nowNanos;
  }

  /**
   * The server stops reading, or reads again; silence in between is its own doing, and so is a pong
   * that it sees late.
   */
  @Override
  public synchronized void paused(boolean on, long nowNanos) {
    if (!on) {
      lastReceivedNanos = nowNanos;
    } else if (openPing != 0) {
      stats.withdrawn();
      openPing = 0;
    }
    paused = on;
  }

  /** The whole process stood still: nothing that came in between could be seen. */
  void forgive(long nowNanos) {
    lastReceivedNanos = nowNanos;
  }

  /**
   * What to do. Called by the timer only.
   *
   * @param lastSentNanos when the last frame was written
   */
  Due due(long nowNanos, long lastSentNanos) {
    if (!paused && nowNanos - lastReceivedNanos > intervalNanos() + graceNanos()) {
      return Due.GONE;
    }
    // The one that is longer ago: who only reads or only writes must be asked too.
    long quietSince = lastSentNanos - lastReceivedNanos < 0 ? lastSentNanos : lastReceivedNanos;
    long since = quietSince - lastAskedNanos > 0 ? quietSince : lastAskedNanos;
    if (nowNanos - since < patienceNanos) {
      return Due.NOTHING;
    }
    lastAskedNanos = nowNanos;
    double jitter = 1 - ThreadLocalRandom.current().nextDouble(MAX_JITTER);
    patienceNanos = (long) (intervalNanos() * jitter);
    return Due.PING;
  }

  /** When the last frame came. */
  long lastReceivedNanos() {
    return lastReceivedNanos;
  }

  /** True while a ping has no pong yet. */
  synchronized boolean isAsking() {
    return openPing != 0;
  }

  /** A ping goes out. */
  synchronized void asked(long epochMillis, long nowNanos) {
    if (paused) {
      return;
    }
    openPing = epochMillis;
    openPingNanos = nowNanos;
    stats.sent();
  }

  /** A pong came. */
  @Override
  public synchronized void answered(@Nullable Long epochMillis, long nowNanos) {
    if (epochMillis == null || openPing == 0 || epochMillis != openPing) {
      return;
    }
    openPing = 0;
    roundTripNanos = nowNanos - openPingNanos;
    stats.answered(roundTripNanos <= graceNanos());
  }

  /** The connection ends; a ping whose time was not over is not held against it. */
  @Override
  public synchronized void ended(long nowNanos) {
    if (openPing != 0 && nowNanos - openPingNanos < graceNanos()) {
      stats.withdrawn();
    }
    openPing = 0;
  }

  /** The last round trip in nanoseconds, 0 before the first. */
  long roundTripNanos() {
    return roundTripNanos;
  }
}
