package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.Channels;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.PublishFailedException;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.ChannelHub;
import dev.drawbridge.endpoint.internal.channels.log.PublishFailure;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import dev.drawbridge.endpoint.internal.message.MessageCodec;
import dev.drawbridge.endpoint.internal.send.HeldStage;
import dev.drawbridge.endpoint.internal.send.ProtocolFrames;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The channels of one endpoint as applications use them. Thread-safe. */
public final class LiveChannels implements Channels {
  private final ChannelHub hub;
  private final ProtocolFrames frames;
  private final Executor continuations;

  LiveChannels(ChannelHub hub, ProtocolFrames frames, Executor continuations) {
    this.hub = hub;
    this.frames = frames;
    this.continuations = continuations;
  }

  private static final class PublishStage extends HeldStage<Position>
      implements ChannelHub.Published {
    private PublishStage(Executor continuations) {
      super(continuations);
    }

    @Override
    public void at(Position position) {
      settle(position);
    }

    @Override
    public void failed(PublishFailure failure) {
      settleFailed(
          switch (failure) {
            case STOPPED -> PublishFailedException.stopped();
            case FULL -> PublishFailedException.full();
            case UNAVAILABLE, UNKNOWN ->
                new PublishFailedException(failure == PublishFailure.UNAVAILABLE);
          });
    }
  }

  @Override
  public CompletionStage<Position> publish(String channel, String type, @Nullable Object data) {
    return append(requireChannel(channel), type, data);
  }

  @Override
  public CompletionStage<Position> publishToUser(
      String subject, String type, @Nullable Object data) {
    return append(ChannelNames.ownOf(subject), type, data);
  }

  private CompletionStage<Position> append(String channel, String type, @Nullable Object data) {
    MessageCodec.requireApplicationType(type);
    PublishStage stage = new PublishStage(continuations);
    hub.publish(channel, type, frames.data(data), stage);
    return stage.handOut();
  }

  @Override
  public Position position() {
    return hub.requirePosition();
  }

  @Override
  public Members members(String channel) {
    return hub.members(requireChannel(channel));
  }

  @Override
  public CompletionStage<Position> unsubscribe(String subject, String prefix) {
    PublishStage stage = new PublishStage(continuations);
    hub.orders().unsubscribe(subject, prefix, stage);
    return stage.handOut();
  }

  @Override
  public CompletionStage<Position> disconnect(String subject, CloseCode code) {
    PublishStage stage = new PublishStage(continuations);
    hub.orders().disconnect(subject, code.name(), stage);
    return stage.handOut();
  }

  private static String requireChannel(String channel) {
    if (!ChannelNames.isValid(channel) || channel.startsWith(ChannelNames.OWN)) {
      throw new IllegalArgumentException(ChannelNames.RULE + ": " + channel);
    }
    return channel;
  }
}
