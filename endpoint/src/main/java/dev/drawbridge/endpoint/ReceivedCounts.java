package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.metrics.Count;
import dev.drawbridge.endpoint.metrics.EndpointMetrics;

/**
 * Counts received frames that belong to no registration. Immutable.
 *
 * @param unknown whatever is refused before its type is known
 */
record ReceivedCounts(Count pings, Count pongs, Count auths, Count unknown) {
  static ReceivedCounts of(EndpointMetrics metrics) {
    return new ReceivedCounts(
        metrics.received("ping"),
        metrics.received("pong"),
        metrics.received("auth"),
        metrics.received(EndpointMetrics.UNKNOWN));
  }
}
