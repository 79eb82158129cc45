package dev.drawbridge.endpoint.internal.receive;

import org.jspecify.annotations.Nullable;

/** Is told by the way in that the client is there. Thread-safe; never blocks. */
public interface LifeSigns {
  /** Something came. */
  void received(long nowNanos);

  /** A pong came, with the time of its ping if it had one. */
  void answered(@Nullable Long epochMillis, long nowNanos);

  /** The server stops reading, or reads again; silence in between is its own doing. */
  void paused(boolean on, long nowNanos);

  /** The connection is gone. */
  void ended(long nowNanos);
}
