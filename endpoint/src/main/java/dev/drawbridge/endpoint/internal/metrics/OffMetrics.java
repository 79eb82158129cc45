package dev.drawbridge.endpoint.internal.metrics;

import dev.drawbridge.filters.attempt.Attempt;
import org.jspecify.annotations.Nullable;

/** Nobody wants to know. Immutable. */
public final class OffMetrics implements EndpointMetrics {
  private final String reason;

  /**
   * Measures nothing.
   *
   * @param reason what is missing, in one sentence
   */
  public OffMetrics(String reason) {
    this.reason = reason;
  }

  @Override
  public String whyNoScrape() {
    return reason;
  }

  @Override
  public void serves(String way) {
    // Off.
  }

  @Override
  public TypeMeters type(String type) {
    return TypeMeters.NONE;
  }

  @Override
  public Count received(String type) {
    return Count.NONE;
  }

  @Override
  public Count sent(String type) {
    return Count.NONE;
  }

  @Override
  public Count sentByApplication(String type) {
    return Count.NONE;
  }

  @Override
  public void error(String code) {
    // Off.
  }

  @Override
  public void closed(int code, String initiator, long ageNanos) {
    // Off.
  }

  @Override
  public void handshake(Attempt attempt) {
    // Off.
  }

  @Override
  public void published(long startedNanos) {
    // Off.
  }

  @Override
  public @Nullable String scrape() {
    return null;
  }
}
