package dev.drawbridge.endpoint.internal.connection;

/** One of the places that connections are admitted to. */
public interface Place {
  /**
   * Id of the connection that has it: the same in the logs, for its client and for other servers.
   */
  String connectionId();

  /** The client's address, as the container knows it. */
  String address();

  /** Gives it back. Called once. */
  void release();
}
