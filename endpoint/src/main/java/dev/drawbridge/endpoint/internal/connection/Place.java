package dev.drawbridge.endpoint.internal.connection;

/** One of the places that connections are admitted to. */
public interface Place {
  /** The client's address, as the container knows it. */
  String address();

  /** Gives it back. Called once. */
  void release();
}
