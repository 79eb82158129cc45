package dev.drawbridge.endpoint.internal.metrics;

import dev.drawbridge.endpoint.cluster.ChannelSource;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.ResetReason;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.TimeGauge;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What is read from the channels when somebody asks; no label names one. Thread-safe. */
final class ChannelGauges {
  private final MicrometerMetrics metrics;
  private final Supplier<List<Figures>> endpoints;

  ChannelGauges(MicrometerMetrics metrics, Supplier<List<Figures>> endpoints) {
    this.metrics = metrics;
    this.endpoints = endpoints;
  }

  void register() {
    gauge("drawbridge.channels", "Channels with a subscriber", sum(ChannelReadings::channels));
    gauge(
        "drawbridge.subscriptions",
        "Channels of all connections",
        sum(ChannelReadings::subscriptions));
    for (ChannelReadings.Publish outcome : ChannelReadings.Publish.values()) {
      counter(
          "drawbridge.publishes",
          "Publishes to channels, by what became of them",
          sum(all -> all.publishes(outcome)),
          "outcome",
          outcome.word());
    }
    counter(
        "drawbridge.deliveries",
        "Frames of channels given to connections",
        sum(ChannelReadings::deliveries));
    for (ChannelReadings.Resume outcome : ChannelReadings.Resume.values()) {
      counter(
          "drawbridge.resumes",
          "Clients that went on from a position, or could not",
          sum(all -> all.resumes(outcome)),
          "outcome",
          outcome.outcome(),
          "reason",
          outcome.reason());
    }
    counter(
        "drawbridge.replay.frames",
        "Frames of channels sent once more",
        sum(ChannelReadings::replayed));
    cluster();
    outbox();
    gauge(
        "drawbridge.window.entries",
        "Entries of the log that can be replayed",
        sum(ChannelReadings::windowEntries));
    gauge("drawbridge.window.bytes", "Bytes of their frames", sum(ChannelReadings::windowBytes));
    gauge(
        "drawbridge.presence.members",
        "Members of channels that this server has told of",
        sum(ChannelReadings::presenceMembers));
    counter(
        "drawbridge.presence.reaped",
        "Members of servers without a lease that were removed",
        sum(ChannelReadings::presenceReaped));
  }

  /** Zeroes where there is no outbox. */
  private void outbox() {
    counter(
        "drawbridge.outbox.relayed",
        "Messages of the outbox that this server has brought into channels",
        sum(all -> sources(all).mapToLong(ChannelSource.State::published).sum()));
    counter(
        "drawbridge.outbox.rejected",
        "Messages of the outbox that this server has moved aside",
        sum(all -> sources(all).mapToLong(ChannelSource.State::rejected).sum()));
    gauge(
        "drawbridge.outbox.up",
        "1 while the outbox can be relayed by this server, else 0",
        gauges ->
            gauges.all().flatMap(ChannelGauges::sources).allMatch(one -> one.trouble() == null)
                ? 1
                : 0);
    metrics.add(
        tags ->
            TimeGauge.builder(
                        "drawbridge.outbox.waiting",
                        this,
                        TimeUnit.MILLISECONDS,
                        most(
                            all ->
                                sources(all)
                                    .mapToLong(one -> one.waiting().toMillis())
                                    .max()
                                    .orElse(0)))
                    .description("How long the oldest message of the outbox had waited")
                    .tags(tags)
                    .strongReference(true)
                ::register);
  }

  private static Stream<ChannelSource.State> sources(ChannelReadings all) {
    return all.sources().stream();
  }

  private void cluster() {
    metrics.add(
        tags ->
            TimeGauge.builder(
                        "drawbridge.cluster.lag",
                        this,
                        TimeUnit.MILLISECONDS,
                        most(all -> all.health().lagMillis()))
                    .description("Time of the last append to come back through the log")
                    .tags(tags)
                    .strongReference(true)
                ::register);
    gauge(
        "drawbridge.cluster.behind",
        "Entries of the log that this server has not seen yet",
        most(ChannelReadings::behind));
    gauge(
        "drawbridge.cluster.up",
        "1 while the engine of channels is reached, else 0",
        gauges ->
            gauges.all().allMatch(one -> one.health().state() != EngineHealth.State.DOWN) ? 1 : 0);
    for (ResetReason reason : ResetReason.values()) {
      if (reason != ResetReason.STARTED) {
        counter(
            "drawbridge.cluster.resets",
            "Times that continuity was lost",
            sum(all -> all.resets(reason)),
            "reason",
            reason.word());
      }
    }
  }

  private Stream<ChannelReadings> all() {
    return endpoints.get().stream().map(Figures::channels).filter(Objects::nonNull);
  }

  private static ToDoubleFunction<ChannelGauges> sum(ToDoubleFunction<ChannelReadings> value) {
    return gauges -> gauges.all().mapToDouble(value).sum();
  }

  private static ToDoubleFunction<ChannelGauges> most(ToDoubleFunction<ChannelReadings> value) {
    return gauges -> gauges.all().mapToDouble(value).max().orElse(0);
  }

  private void gauge(String name, String description, ToDoubleFunction<ChannelGauges> value) {
    metrics.add(
        tags ->
            Gauge.builder(name, this, value)
                    .description(description)
                    .tags(tags)
                    .strongReference(true)
                ::register);
  }

  private void counter(
      String name, String description, ToDoubleFunction<ChannelGauges> value, String... labels) {
    metrics.add(
        tags ->
            FunctionCounter.builder(name, this, value)
                    .description(description)
                    .tags(tags)
                    .tags(labels)
                ::register);
  }
}
