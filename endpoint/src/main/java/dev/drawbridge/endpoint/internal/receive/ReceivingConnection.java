package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.ConnectionClose;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.endpoint.internal.send.FrameLog;
import org.jspecify.annotations.Nullable;

/** What the way in asks of the connection that it belongs to. Thread-safe. */
public interface ReceivingConnection {
  /** The id, for the log. */
  String id();

  /** What handlers are given. */
  Connection connection();

  boolean isOpen();

  /** Sends an answer behind what was sent before. */
  void answer(EncodedMessage answer);

  /**
   * The same for one that may wait for the next answer.
   *
   * @param more true if that follows at once, or a {@link #flush}
   */
  void answer(EncodedMessage answer, boolean more);

  /** Writes the answers that wait for others. */
  void flush();

  /** Sends an answer before what waits: a pong. */
  void answerFirst(EncodedMessage answer);

  /** Closes after what was sent before; only the first close counts. */
  void close(CloseCode code, String reason);

  /** The same over a limit, which the log is told with the current value. */
  void closeOver(CloseCode code, String reason, String limit);

  /** How it ended; null while it is open. */
  @Nullable ConnectionClose ending();

  /** Takes newer tokens. Reading thread only. */
  TokenRenewal renewal();

  /** The same as channels see it. */
  Subscriber subscriber();

  /** The last frames; null in production. */
  @Nullable FrameLog frameLog();
}
