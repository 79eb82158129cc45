package dev.drawbridge.endpoint.internal.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What is read from the endpoints when somebody asks. Thread-safe. */
final class EndpointGauges {
  private static final long REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final MicrometerMetrics metrics;
  private final Supplier<List<Figures>> endpoints;

  /** The last walk through all connections, so that one reading walks once. Guarded by this. */
  private Figures.@Nullable Queues queues;

  /** Guarded by this. */
  private long queuesAt;

  EndpointGauges(MicrometerMetrics metrics, Supplier<List<Figures>> endpoints) {
    this.metrics = metrics;
    this.endpoints = endpoints;
  }

  void register() {
    gauge("drawbridge.connections", "Open connections", gauges -> gauges.sum(Figures::connections));
    gauge(
        "drawbridge.send.queue.size",
        "Frames that wait for slow readers",
        gauges -> gauges.queues().toSend());
    gauge(
        "drawbridge.send.queue.longest",
        "Frames that wait for the slowest reader",
        gauges -> gauges.queues().longestToSend());
    gauge(
        "drawbridge.receive.queue.size",
        "Messages that wait for their handlers",
        gauges -> gauges.queues().toHandle());
    gauge(
        "drawbridge.heartbeat.reliability",
        "Pings answered in time, of those sent; 0 to 1",
        gauges -> {
          double sent = gauges.sum(Figures::pingsSent);
          return sent == 0 ? Double.NaN : gauges.sum(Figures::pingsAnsweredInTime) / sent;
        });
    answers("in_time", gauges -> gauges.sum(Figures::pingsAnsweredInTime));
    answers("late", gauges -> gauges.sum(Figures::pingsAnsweredLate));
  }

  private void gauge(String name, String description, ToDoubleFunction<EndpointGauges> value) {
    metrics.add(
        tags ->
            Gauge.builder(name, this, value)
                    .description(description)
                    .tags(tags)
                    // The registry alone would let the garbage collector have us.
                    .strongReference(true)
                ::register);
  }

  private void answers(String timing, ToDoubleFunction<EndpointGauges> value) {
    metrics.add(
        tags ->
            FunctionCounter.builder("drawbridge.heartbeat.answers", this, value)
                    .description("Pings that were answered")
                    .tags(tags)
                    .tag("timing", timing)
                ::register);
  }

  private double sum(ToDoubleFunction<Figures> value) {
    return endpoints.get().stream().mapToDouble(value).sum();
  }

  private synchronized Figures.Queues queues() {
    long now = System.nanoTime();
    Figures.Queues known = queues;
    if (known == null || now - queuesAt > REMEMBERED_NANOS) {
      int toSend = 0;
      int longest = 0;
      int toHandle = 0;
      for (Figures figures : endpoints.get()) {
        Figures.Queues one = figures.queues();
        toSend += one.toSend();
        longest = Math.max(longest, one.longestToSend());
        toHandle += one.toHandle();
      }
      known = new Figures.Queues(toSend, longest, toHandle);
      queues = known;
      queuesAt = now;
    }
    return known;
  }
}
