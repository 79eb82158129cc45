package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.internal.transport.Transport;
import dev.drawbridge.endpoint.internal.transport.WireText;
import org.eclipse.jetty.websocket.api.Callback;

/** A session whose texts may wait for each other, to go out in one write. Thread-safe. */
public interface GatheringSession {
  /** True if what the current thread sends next may wait: more is to come, or a flush. */
  boolean mayWait();

  /**
   * Sends a text.
   *
   * @param waits what {@link #mayWait} said, or that another text follows at once; then {@code
   *     callback} only tells that it was copied
   */
  void sendText(WireText text, boolean waits, Callback callback);

  /** Writes what was copied. */
  void flush();

  /**
   * Sets who is told when what was copied is written by the end of a turn; nobody is told when it
   * cannot be, because a transport that broke ends the connection. A text that does not wait takes
   * along what was copied before it, too. Called once, before the first text.
   */
  void onFlush(Transport.Writer writer);
}
