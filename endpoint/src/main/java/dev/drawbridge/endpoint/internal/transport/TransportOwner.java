package dev.drawbridge.endpoint.internal.transport;

import dev.drawbridge.endpoint.ConnectionClose.Initiator;

/** What an upgraded request belongs to; learns of the beginning and of the end of its transport. */
public interface TransportOwner {
  /** For the log. */
  String id();

  /**
   * The connection is open. Called once, before the first frame is demanded, by the thread that
   * reads.
   *
   * @return who takes its frames
   */
  Receiver opened(Transport transport);

  /**
   * The connection is over, by whomever. May come from any thread, and again.
   *
   * @param code of the close frame, 1005 when it had none, 1006 when there was no frame
   */
  void closed(int code, String reason, Initiator by);
}
