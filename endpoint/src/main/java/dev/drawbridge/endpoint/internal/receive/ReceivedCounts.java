package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.internal.metrics.Count;
import dev.drawbridge.endpoint.internal.metrics.EndpointMetrics;

/**
 * Counts received frames that belong to no registration. Immutable.
 *
 * @param channels frames of channels
 * @param unknown whatever is refused before its type is known
 */
public record ReceivedCounts(Count pings, Count pongs, Count auths, Count channels, Count unknown) {
  public static ReceivedCounts of(EndpointMetrics metrics) {
    return new ReceivedCounts(
        metrics.received("ping"),
        metrics.received("pong"),
        metrics.received("auth"),
        metrics.received("channels"),
        metrics.received(EndpointMetrics.UNKNOWN));
  }
}
