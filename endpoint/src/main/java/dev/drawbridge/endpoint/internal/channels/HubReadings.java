package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.log.ChannelFigures;
import dev.drawbridge.endpoint.internal.channels.log.ChannelLog;
import dev.drawbridge.endpoint.internal.channels.presence.Presence;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings;

/** Reads what the parts of one hub know. Thread-safe. */
final class HubReadings implements ChannelReadings {
  private final ClusterEngine engine;
  private final ChannelFigures figures;
  private final ChannelLog log;
  private final Presence presence;

  HubReadings(ClusterEngine engine, ChannelFigures figures, ChannelLog log, Presence presence) {
    this.engine = engine;
    this.figures = figures;
    this.log = log;
    this.presence = presence;
  }

  @Override
  public int channels() {
    return log.subscriptions().channels();
  }

  @Override
  public int subscriptions() {
    return log.subscriptions().count();
  }

  @Override
  public long publishes(Publish outcome) {
    return figures.publishes(outcome);
  }

  @Override
  public long deliveries() {
    return figures.deliveries.sum();
  }

  @Override
  public long resumes(Resume outcome) {
    return figures.resumes(outcome);
  }

  @Override
  public long replayed() {
    return figures.replayed.sum();
  }

  @Override
  public EngineHealth health() {
    return engine.health();
  }

  @Override
  public long behind() {
    Head head = engine.health().head();
    Position position = log.position();
    if (head == null || position == null || !head.epoch().equals(position.epoch())) {
      return 0;
    }
    return Math.max(0, head.top() - position.seq());
  }

  @Override
  public long resets(ResetReason reason) {
    return figures.resets(reason);
  }

  @Override
  public int windowEntries() {
    return log.windowState().entries();
  }

  @Override
  public long windowBytes() {
    return log.windowState().bytes();
  }

  @Override
  public int presenceMembers() {
    return presence.members();
  }

  @Override
  public long presenceReaped() {
    return engine.roster().reaped();
  }
}
