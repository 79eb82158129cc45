package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.internal.connection.ConnectionMonitor;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.send.FrameTally;
import dev.drawbridge.endpoint.internal.server.EndpointRuntime;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The counters of one endpoint, as its trend wants them. Thread-safe. */
final class TrendSource implements Trend.Source {
  private final EndpointRuntime core;
  private final FrameTally frames;

  /**
   * Of an endpoint in dev mode.
   *
   * @param core which counts its frames
   */
  TrendSource(EndpointRuntime core) {
    this.core = core;
    this.frames = Objects.requireNonNull(core.frameTally(), "only dev mode counts frames");
  }

  @Override
  public int connections() {
    return core.connections().size();
  }

  @Override
  public long received() {
    return frames.received();
  }

  @Override
  public long sent() {
    return frames.sent();
  }

  @Override
  public long welcomed() {
    return core.runtime().attempts().welcomed();
  }

  @Override
  public long refused() {
    return core.runtime().attempts().refused();
  }

  @Override
  public long[] roundTrips() {
    return core.connections().links().stream()
        .mapToLong(TrendSource::roundTrip)
        .filter(nanos -> nanos > 0)
        .toArray();
  }

  private static long roundTrip(ServerConnection link) {
    @Nullable ConnectionMonitor monitor = link.monitor();
    return monitor == null ? 0 : monitor.roundTripNanos();
  }
}
