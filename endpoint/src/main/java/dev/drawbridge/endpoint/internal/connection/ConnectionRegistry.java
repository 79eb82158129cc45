package dev.drawbridge.endpoint.internal.connection;

/** Knows the connections of an endpoint, from the handshake to the end. Thread-safe. */
public interface ConnectionRegistry {
  /** It is open from now on: it can be found and sent to. */
  void opened(ServerConnection connection);

  /** It is over, and in no index any more. May come again, and for one that was never opened. */
  void ended(ServerConnection connection);

  /** It is over, but inside of a handler that is not late yet: the timer goes on to look at it. */
  void leaving(ServerConnection connection);

  /** It has nothing left to wait for. */
  void left(ServerConnection connection);

  /**
   * Its welcome is on its way: if the endpoint is being drained, it is told so now; if its user was
   * disconnected since its handshake had come, it is closed.
   */
  void welcomed(ServerConnection connection);
}
