package dev.drawbridge.endpoint.internal.transport;

/**
 * What a transport gives frames to. Called by one thread at a time, which may be the one that reads
 * for all connections: it must not block. Each call but {@link #control} demands the next frame
 * itself, or leaves that to whoever makes room.
 */
public interface Receiver {
  /** A whole text message or a part of one. */
  void text(String part, boolean last);

  /** A part of a binary message. */
  void binary(int bytes, boolean last);

  /** A ping or a pong of RFC 6455; the transport demands what comes next. */
  void control();
}
