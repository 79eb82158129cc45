package dev.drawbridge.endpoint.internal.transport;

import java.time.Duration;

/**
 * One open WebSocket, whatever container has it: the seam between what Drawbridge does and how
 * frames travel. Thread-safe; no method blocks, none takes a lock of ours.
 *
 * <p>Protocol pings of the client are answered below it, and our own heartbeat is a text, so there
 * is no ping here.
 */
public interface Transport {
  /**
   * Who sends. It may be called inside of a call of {@link #sendText}, on any thread, with locks of
   * the container held.
   */
  interface Writer {
    /** The text under way is written, or copied if it may wait. The next one may be sent. */
    void written();

    /** The text under way could not be written; the connection is broken. */
    void failed(Throwable cause);

    /** All that was copied is written. */
    void flushed();
  }

  /** Sets who is told what becomes of the texts. Called once, before the first text. */
  void writer(Writer writer);

  /** True if what the current thread sends next may wait: more is to come, or a flush. */
  boolean mayWait();

  /**
   * True if a text may always wait for another that is sent behind it. Then {@link #sendText} takes
   * {@code waits} from any thread that has more to send at once.
   */
  default boolean gathers() {
    return false;
  }

  /**
   * Sends a text. One at a time: the next one after {@link Writer#written}.
   *
   * @param waits what {@link #mayWait} said, or more is to come and it {@link #gathers}; then
   *     {@link Writer#written} only tells that it was copied, and a text that does not wait, or the
   *     end of the turn, takes it along
   * @throws RuntimeException if the connection is broken; nobody else is told then
   */
  void sendText(String text, boolean waits);

  /** Writes what was copied, where it {@link #gathers}. {@link Writer#flushed} tells of it. */
  default void flush() {
    // Most write at once.
  }

  /** The same for a text that may go to many connections, whose bytes are made once. */
  default void sendText(WireText text, boolean waits) {
    sendText(text.text(), waits);
  }

  /** Has one more frame read: none comes without. May be called inside of {@link Receiver}. */
  void demand();

  /**
   * Sends a close frame behind what was sent, and waits for that of the other side, for which
   * frames must be demanded. {@link Writer#flushed} tells that it is written.
   *
   * @param reason at most 123 UTF-8 bytes
   */
  void close(int code, String reason);

  /** Cuts the connection without a close frame. */
  void disconnect();

  /**
   * True once a close of ours was answered, where the container does not tell; the connection may
   * have to be cut still. Asked from time to time while the answer is awaited.
   */
  default boolean isAnswered() {
    return false;
  }

  /** Lets the container end the connection after so much silence. */
  void idleTimeout(Duration longest);
}
