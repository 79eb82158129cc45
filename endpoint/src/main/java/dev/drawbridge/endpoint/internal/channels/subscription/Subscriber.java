package dev.drawbridge.endpoint.internal.channels.subscription;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.cluster.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One connection as channels see it. Thread-safe; nothing blocks. Everything that is sent comes out
 * in the order of the calls of one thread.
 */
public interface Subscriber {
  /** Id of the connection. */
  String connectionId();

  /** Its user, as it is known now. */
  User user();

  /** Its user's subject, which does not change. */
  default String subject() {
    return user().subject();
  }

  /** What people call the user. */
  default String displayName() {
    return user().displayName();
  }

  /** False once the connection has ended, before the hub is told of it. */
  boolean isOpen();

  /** Sends a frame that others get, too. */
  void send(Frame frame);

  /** Sends frames that others get, too, in one write where that can be. */
  default void send(List<Frame> frames) {
    frames.forEach(this::send);
  }

  /** Sends a frame of this connection alone. */
  void send(String type, String text);

  /** Something could not be sent: the connection ends, and its client can resume. Never throws. */
  void failed(Throwable cause);

  /**
   * Learns what became of a frame that asked for channels, for the diagnostics page. Tail thread
   * only.
   *
   * @param from the lowest position that it asked to go on from; null when it asked for none
   * @param why it could not; null when it could
   */
  void registered(Position position, @Nullable Position from, @Nullable Resync why, int replayed);

  /**
   * Sends a ping that tells a position, unless frames wait before it: no frame at or below the
   * number may follow.
   *
   * @param seq negative for a ping without
   */
  void ping(long seq);

  /** True if so much can be queued now without its client counting as slow. */
  boolean hasRoom(int frames, int bytes);

  /**
   * From here on {@link #usesChannels} is true. Called before the first of its frames is looked at:
   * what is told to channels of other connections costs nothing.
   */
  void useChannels();

  /** True once it has asked for a channel. */
  boolean usesChannels();

  /** What it is subscribed to, null when to nothing. Tail thread only. */
  Subscriptions.@Nullable Held held();

  /** Changes what {@link #held()} gives. Tail thread only. */
  void held(Subscriptions.@Nullable Held held);
}
