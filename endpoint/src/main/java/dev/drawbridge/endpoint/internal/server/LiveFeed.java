package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.cluster.ChannelSource;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.internal.channels.ChannelHub;
import dev.drawbridge.endpoint.internal.message.JsonCheck;
import dev.drawbridge.endpoint.internal.message.MessageCodec;
import dev.drawbridge.endpoint.internal.send.ProtocolFrames;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The channels of one endpoint as what was kept elsewhere comes into them. Thread-safe. */
final class LiveFeed implements ChannelSource.Feed {
  private final ChannelHub hub;
  private final ProtocolFrames frames;
  private final BooleanSupplier draining;

  LiveFeed(ChannelHub hub, ProtocolFrames frames, BooleanSupplier draining) {
    this.hub = hub;
    this.frames = frames;
    this.draining = draining;
  }

  @Override
  public boolean isOpen() {
    return hub.position() != null && hub.health().state() != EngineHealth.State.DOWN;
  }

  @Override
  public boolean hasOthers() {
    return hub.hasOthers();
  }

  @Override
  public boolean isLeaving() {
    return !hub.hasOthers() && draining.getAsBoolean();
  }

  @Override
  public @Nullable String json(@Nullable Object data) {
    return frames.data(data);
  }

  @Override
  public @Nullable String refusal(String channel, String type, @Nullable String json) {
    String refusal = hub.refusal(channel, type, json);
    if (refusal != null) {
      return refusal;
    }
    try {
      MessageCodec.requireApplicationType(type);
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
    return json == null ? null : JsonCheck.problem(json);
  }

  @Override
  public Set<String> publish(List<ChannelSource.Message> batch) {
    return hub.publishKept(batch);
  }

  @Override
  public void forget(List<String> keys) {
    hub.forget(keys);
  }
}
