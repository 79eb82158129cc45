package dev.drawbridge.endpoint.internal;

import java.time.Duration;

/**
 * What the connections of one endpoint may use and how long things may take, shared by all of them.
 * No time counts in which the whole process stood still. Thread-safe; times are {@link
 * System#nanoTime}.
 */
public final class Limits {
  /** When the process last stood still, of all limits of one endpoint. */
  private static final class Standstill {
    /** Its end; the beginning of the endpoint before the first. */
    private volatile long nanos = System.nanoTime();
  }

  private final EndpointConfig config;

  /** One for all, because containers keep it with each connection. */
  private final Duration idleTimeout;

  private final Standstill standstill;

  public Limits(EndpointConfig config) {
    this(config, new Standstill());
  }

  private Limits(EndpointConfig config, Standstill standstill) {
    this.config = config;
    this.idleTimeout = config.idleTimeout();
    this.standstill = standstill;
  }

  /** Others of the same endpoint, for the connections to come. */
  public Limits with(EndpointConfig others) {
    return new Limits(others, standstill);
  }

  public EndpointConfig config() {
    return config;
  }

  /** Silence after which the container may end a connection. */
  public Duration idleTimeout() {
    return idleTimeout;
  }

  /** The process stood still until now: nobody is to blame for what did not happen meanwhile. */
  public void stoodStill(long nowNanos) {
    standstill.nanos = nowNanos;
  }

  /** How long something has taken that began then, in nanoseconds. */
  public long elapsed(long sinceNanos, long nowNanos) {
    return Math.min(nowNanos - sinceNanos, nowNanos - standstill.nanos);
  }
}
