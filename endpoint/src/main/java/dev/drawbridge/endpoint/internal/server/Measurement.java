package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.internal.connection.HeartbeatCounts;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings;
import dev.drawbridge.endpoint.internal.metrics.EndpointMetrics;
import dev.drawbridge.endpoint.internal.metrics.Figures;
import dev.drawbridge.endpoint.internal.metrics.SharedMetrics;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import jakarta.servlet.ServletContext;
import org.jspecify.annotations.Nullable;

/** What one endpoint measures and where it reports. Thread-safe. */
public final class Measurement implements Figures {
  private final ConnectionIndex connections;
  private final HeartbeatCounts heartbeat = new HeartbeatCounts();
  private final SharedMetrics shared;

  /** Null until the endpoint has its channels. */
  private volatile @Nullable ChannelReadings channels;

  private Measurement(
      ServletContext context, DrawbridgeRuntime runtime, ConnectionIndex connections) {
    this.connections = connections;
    this.shared = SharedMetrics.join(context, runtime, this);
  }

  /** Begins; needs one {@link #stop()}. */
  public static Measurement start(
      ServletContext context, DrawbridgeRuntime runtime, ConnectionIndex connections) {
    return new Measurement(context, runtime, connections);
  }

  public EndpointMetrics meters() {
    return shared.meters();
  }

  HeartbeatCounts heartbeat() {
    return heartbeat;
  }

  public void stop() {
    shared.leave(this);
  }

  void channels(ChannelReadings readings) {
    channels = readings;
  }

  @Override
  public @Nullable ChannelReadings channels() {
    return channels;
  }

  @Override
  public int connections() {
    return connections.size();
  }

  @Override
  public Queues queues() {
    int toSend = 0;
    int longest = 0;
    int toHandle = 0;
    for (ServerConnection link : connections.links()) {
      int pending = link.pending();
      toSend += pending;
      longest = Math.max(longest, pending);
      toHandle += link.waiting();
    }
    return new Queues(toSend, longest, toHandle);
  }

  @Override
  public long pingsSent() {
    return heartbeat.pingsSent();
  }

  @Override
  public long pingsAnsweredInTime() {
    return heartbeat.answeredInTime();
  }

  @Override
  public long pingsAnsweredLate() {
    return heartbeat.answeredLate();
  }
}
