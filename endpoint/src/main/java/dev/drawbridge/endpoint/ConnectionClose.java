package dev.drawbridge.endpoint;

import java.time.Duration;
import java.util.Locale;

/**
 * How a connection ended, for {@link Endpoint.Builder#onClose}. Immutable.
 *
 * @param code the close code (RFC 6455 section 7.4, PROTOCOL.md section 6); 1006 when it ended
 *     without a close frame, 1005 when the client's had no code
 * @param reason the reason beside the code, empty if there was none. From {@link Initiator#CLIENT}
 *     it is free text of the client: never trusted, never logged
 * @param initiator who ended it
 * @param age from the opening to the beginning of the end
 */
public record ConnectionClose(int code, String reason, Initiator initiator, Duration age) {

  /** Who ended a connection. */
  public enum Initiator {
    /** The client sent a close frame first. */
    CLIENT,
    /**
     * This server did: the endpoint, the application, or the container that found a broken frame or
     * text that is not UTF-8.
     */
    SERVER,
    /** Nobody said so: the connection was cut. */
    NETWORK;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** As it stands in logs, metrics and the diagnostics document: lower case. */
    public String word() {
      return word;
    }
  }
}
