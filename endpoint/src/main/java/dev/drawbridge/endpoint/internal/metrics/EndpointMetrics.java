package dev.drawbridge.endpoint.internal.metrics;

import dev.drawbridge.filters.attempt.Attempt;
import org.jspecify.annotations.Nullable;

/**
 * What the endpoints of one web application report while they work. Thread-safe. Knows no
 * Micrometer, so that it loads without.
 */
public interface EndpointMetrics {

  /** The type of what has none, or none that is known. */
  String UNKNOWN = "unknown";

  /** Measures nothing and costs nothing. */
  EndpointMetrics OFF = new OffMetrics("nothing is measured");

  /**
   * An endpoint starts whose frames go one way through the container.
   *
   * @param way one of the few that there are, such as {@code tomcat}
   */
  void serves(String way);

  /** The meters of a registered type; asked for once, when the endpoint starts. */
  TypeMeters type(String type);

  /** Counts received frames of the protocol's own types, or {@link #UNKNOWN}. */
  Count received(String type);

  /** Counts sent frames of the protocol's own types. */
  Count sent(String type);

  /** Counts sent frames of an application; the types after the first hundred are one. */
  Count sentByApplication(String type);

  /**
   * An error frame was sent.
   *
   * @param code a word of PROTOCOL.md section 5; anything else is the application's own
   */
  void error(String code);

  /**
   * A connection that was open is over.
   *
   * @param initiator {@code client}, {@code server} or {@code network}
   */
  void closed(int code, String initiator, long ageNanos);

  /** A handshake was refused or welcomed. */
  void handshake(Attempt attempt);

  /**
   * A publish has come back through the log.
   *
   * @param startedNanos {@link System#nanoTime()} when it was taken
   */
  void published(long startedNanos);

  /** All of it as Prometheus reads it; null when there is no such registry. */
  @Nullable String scrape();

  /** What is missing for {@link #scrape()}, in one sentence. */
  String whyNoScrape();
}
