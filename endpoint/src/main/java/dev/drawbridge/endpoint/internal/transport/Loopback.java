package dev.drawbridge.endpoint.internal.transport;

import jakarta.servlet.ServletRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * Handshakes and frames through the code of the container, but without a socket, a port or a web
 * application: for the warm-up. Used by one thread.
 */
public interface Loopback {
  /** Attribute of the request that an {@link Application} upgrades: what it was given. */
  String REQUEST = Loopback.class.getName();

  /** Answers one handshake, on a thread of the container. */
  interface Application {
    /**
     * Answers, by an upgrade of a {@link ServletRequest} that has {@link #REQUEST} as attribute.
     *
     * @param request of the container
     */
    void answer(Object request) throws Exception;
  }

  /** The client's end of a connection. */
  interface Line {
    /** Sends a text. */
    void send(String text);

    /**
     * The next text from the server.
     *
     * @throws TimeoutException if none comes for so long
     * @throws IOException if something else comes
     */
    String next(Duration longest) throws IOException, InterruptedException, TimeoutException;

    /** Ends the connection as a client does. */
    void leave() throws IOException, InterruptedException, TimeoutException;
  }

  /** What upgrades the requests of its applications, and no others. */
  SocketUpgrade upgrade();

  /**
   * Sends a handshake for {@code /ws}.
   *
   * @param headers of the request
   * @throws IOException if the answer is no upgrade
   */
  Line open(Map<String, String> headers, Application application)
      throws IOException, InterruptedException, TimeoutException;
}
