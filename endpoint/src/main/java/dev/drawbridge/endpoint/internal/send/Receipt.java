package dev.drawbridge.endpoint.internal.send;

/**
 * Learns what became of one frame. Told once, by whatever thread wrote it or gave it up: the timer,
 * a selector, a reading thread. So it must neither block nor call the application.
 */
public interface Receipt {
  /** Its bytes were written to the socket. */
  void written();

  /** It will not be written. */
  void failed(String why);
}
