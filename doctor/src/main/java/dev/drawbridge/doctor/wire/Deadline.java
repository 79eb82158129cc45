package dev.drawbridge.doctor.wire;

import java.time.Duration;

/** A point in time, by {@link System#nanoTime()}. Immutable. */
public record Deadline(long at) {

  public static Deadline in(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  public static Deadline inMillis(long millis) {
    return new Deadline(System.nanoTime() + millis * 1_000_000);
  }

  public boolean passed() {
    return System.nanoTime() - at >= 0;
  }

  /** What is left, in milliseconds, at least 1. */
  public int left() {
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, (at - System.nanoTime()) / 1_000_000));
  }

  /** The nearer one. */
  public Deadline or(Deadline other) {
    return at - other.at < 0 ? this : other;
  }
}
