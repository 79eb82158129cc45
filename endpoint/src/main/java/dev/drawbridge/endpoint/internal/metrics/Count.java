package dev.drawbridge.endpoint.internal.metrics;

/** A counter that was looked up before it is needed. Thread-safe. */
@FunctionalInterface
public interface Count {
  /** Counts nothing. */
  Count NONE = () -> {};

  /** One more. */
  void add();
}
