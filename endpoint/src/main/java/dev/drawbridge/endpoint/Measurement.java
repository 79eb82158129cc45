package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.metrics.EndpointMetrics;
import dev.drawbridge.endpoint.metrics.Figures;
import dev.drawbridge.endpoint.metrics.SharedMetrics;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import jakarta.servlet.ServletContext;

/** What one endpoint measures and where it reports. Thread-safe. */
final class Measurement implements Figures {
  private final Connections connections;
  private final HeartbeatStats heartbeat = new HeartbeatStats();
  private final SharedMetrics shared;

  private Measurement(ServletContext context, DrawbridgeRuntime runtime, Connections connections) {
    this.connections = connections;
    this.shared = SharedMetrics.join(context, runtime, this);
  }

  /** Begins; needs one {@link #stop()}. */
  static Measurement start(
      ServletContext context, DrawbridgeRuntime runtime, Connections connections) {
    return new Measurement(context, runtime, connections);
  }

  EndpointMetrics meters() {
    return shared.meters();
  }

  HeartbeatStats heartbeat() {
    return heartbeat;
  }

  void stop() {
    shared.leave(this);
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
    for (Link link : connections.links()) {
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
