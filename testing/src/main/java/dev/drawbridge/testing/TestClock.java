package dev.drawbridge.testing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.Supplier;

/** A clock that stands still or runs, jumps and fails as a test says. Thread-safe. */
public final class TestClock extends Clock {
  private volatile Supplier<Instant> time;

  /** Set when {@link #instant()} fails. */
  private volatile boolean running;

  private TestClock(Supplier<Instant> time) {
    this.time = time;
  }

  /** Stands still at a moment. */
  public static TestClock at(Instant moment) {
    return new TestClock(() -> moment);
  }

  /** Runs with the system's. */
  public static TestClock running() {
    return new TestClock(Instant::now);
  }

  /** Answers what a test says, or throws what it throws. */
  public static TestClock of(Supplier<Instant> time) {
    return new TestClock(time);
  }

  /** Stands still at another moment from now on. */
  public void set(Instant moment) {
    time = () -> moment;
  }

  /** Goes on as before, but for a jump. */
  public void jump(Duration by) {
    Supplier<Instant> before = time;
    time = () -> before.get().plus(by);
  }

  /** From now on {@link #instant()} throws; {@link #millis()} runs with the system's. */
  public void fail(RuntimeException failure) {
    running = true;
    time =
        () -> {
          throw failure;
        };
  }

  /** As for exceptions. */
  public void fail(Error failure) {
    running = true;
    time =
        () -> {
          throw failure;
        };
  }

  /** Runs with the system's again. */
  public void recover() {
    running = false;
    time = Instant::now;
  }

  @Override
  public long millis() {
    return running ? System.currentTimeMillis() : super.millis();
  }

  @Override
  public Instant instant() {
    return time.get();
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
