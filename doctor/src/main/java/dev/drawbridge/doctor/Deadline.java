package dev.drawbridge.doctor;

import java.time.Duration;

/** A point in time, by {@link System#nanoTime()}. Immutable. */
record Deadline(long at) {

  static Deadline in(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  static Deadline inMillis(long millis) {
    return new Deadline(System.nanoTime() + millis * 1_000_000);
  }

  boolean passed() {
    return System.nanoTime() - at >= 0;
  }

  /** What is left, in milliseconds, at least 1. */
  int left() {
    return (int) Math.max(1, Math.min(Integer.MAX_VALUE, (at - System.nanoTime()) / 1_000_000));
  }

  /** The nearer one. */
  Deadline or(Deadline other) {
    return at - other.at < 0 ? this : other;
  }
}
