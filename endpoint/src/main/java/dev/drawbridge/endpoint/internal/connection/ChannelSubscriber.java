package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.subscription.Frame;
import dev.drawbridge.endpoint.internal.channels.subscription.Resync;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriptions;
import dev.drawbridge.endpoint.internal.send.SendQueue;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection as channels see it. Made when its client asks for the first channel: the others
 * pay nothing for it. Thread-safe.
 */
final class ChannelSubscriber implements Subscriber {
  private static final Logger log = LoggerFactory.getLogger(ChannelSubscriber.class);

  private final ServerConnection connection;

  /**
   * What it is subscribed to. Null until it asks for a channel, then {@code NONE} when to nothing.
   * Written by its handler's thread at the first question, then by the tail of the log.
   */
  private volatile Subscriptions.@Nullable Held held;

  /** Null until it has gone on from a position, and in production. Written by the tail. */
  private volatile @Nullable LastResume lastResume;

  ChannelSubscriber(ServerConnection connection) {
    this.connection = connection;
  }

  @Override
  public String connectionId() {
    return connection.id();
  }

  @Override
  public User user() {
    return connection.credential().user();
  }

  @Override
  public boolean isOpen() {
    return connection.isOpen();
  }

  @Override
  public void send(Frame frame) {
    connection.send(frame.message(), null);
  }

  @Override
  public void send(List<Frame> frames) {
    SendQueue writer = connection.outgoing();
    if (writer != null) {
      writer.sendAll(frames.stream().map(Frame::message).toList());
    }
  }

  @Override
  public void send(String type, String text) {
    connection.send(connection.endpoint().frames().written(type, text), null);
  }

  @Override
  public void failed(Throwable cause) {
    try {
      log.error("a frame of a channel could not be sent to connection {}", connectionId(), cause);
      connection.abort("a frame of a channel could not be sent");
    } catch (RuntimeException | Error e) {
      // One that fails when it is looked at, or while it closes: the heartbeat ends it.
      log.error("a connection could not be ended: {}", e.getClass().getName());
    }
  }

  @Override
  public boolean hasRoom(int frames, int bytes) {
    SendQueue writer = connection.outgoing();
    return writer != null && writer.hasRoom(frames, bytes);
  }

  @Override
  public void ping(long seq) {
    ConnectionMonitor checks = connection.monitor();
    if (checks != null && isOpen()) {
      checks.pingWith(seq);
    }
  }

  @Override
  public Subscriptions.@Nullable Held held() {
    Subscriptions.Held all = held;
    return all == Subscriptions.Held.NONE ? null : all;
  }

  @Override
  public void held(Subscriptions.@Nullable Held all) {
    held = all == null ? Subscriptions.Held.NONE : all;
  }

  @Override
  public void useChannels() {
    if (held == null) {
      held = Subscriptions.Held.NONE;
    }
  }

  @Override
  public boolean usesChannels() {
    return held != null;
  }

  @Override
  public void registered(
      Position position, @Nullable Position from, @Nullable Resync why, int replayed) {
    if (from != null && connection.frameLog() != null) {
      long now = connection.endpoint().clock().millis();
      lastResume = new LastResume(now, from, position, why, replayed);
    }
  }

  @Nullable LastResume lastResume() {
    return lastResume;
  }

  @Override
  public String toString() {
    return "ChannelSubscriber[" + connectionId() + "]";
  }
}
