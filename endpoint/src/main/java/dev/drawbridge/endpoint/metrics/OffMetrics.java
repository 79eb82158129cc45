package dev.drawbridge.endpoint.metrics;

import dev.drawbridge.filters.Attempt;
import org.jspecify.annotations.Nullable;

/** Nobody wants to know. Stateless. */
final class OffMetrics implements EndpointMetrics {
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
  public void closed(int code, boolean byServer, long ageNanos) {
    // Off.
  }

  @Override
  public void handshake(Attempt attempt) {
    // Off.
  }

  @Override
  public @Nullable String scrape() {
    return null;
  }
}
