package dev.drawbridge.endpoint;

import dev.drawbridge.db.user.User;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One WebSocket as a handler sees it. Thread-safe. */
public interface Connection {
  /** The id that {@code welcome} and the log show: 24 hexadecimal digits, not a secret. */
  String id();

  /** Whose connection it is, as last read; the subject never changes. */
  User user();

  /** When the connection will be closed unless the client sends a newer token, without leeway. */
  Instant tokenExpiresAt();

  /** The {@code Origin} of the handshake; empty for a client that is no browser. */
  Optional<String> origin();

  /** The client's address as the container knows it. */
  String remoteAddress();

  /** When it was opened. */
  Instant openedAt();

  /** True until either side closes. Only a hint: it may change at any moment. */
  boolean isOpen();

  /**
   * Sends data of a type, without waiting for the network.
   *
   * <p>What is attached to the stage without an executor runs on one of at most 64 threads that do
   * nothing else, named {@code drawbridge-stage-n}, or on the attaching thread if the stage is
   * complete by then. There it may block; a thread that waits for another stage is replaced
   * meanwhile, up to 192. When all are blocked, further stages complete once one of them returns;
   * frames go out all the same.
   *
   * @param type as in PROTOCOL.md section 4, for example {@code chat.message}
   * @param data anything that Jackson can write; null for none
   * @return completes when the bytes of the frame are written to the socket, or fails with {@link
   *     SendFailedException}
   * @throws IllegalArgumentException if the type breaks a rule, or Jackson cannot write the data
   */
  CompletionStage<Void> send(String type, @Nullable Object data);

  /** Closes with 1000, after what was sent before; the client does not come back by itself. */
  void close();

  /**
   * Closes after what was sent before.
   *
   * @param reason cut at 123 UTF-8 bytes; the client sees it
   * @throws IllegalArgumentException if it holds half of a surrogate pair, which UTF-8 cannot write
   */
  void close(CloseCode code, String reason);

  /** What the request of the handshake carried: query and kept headers. */
  HandshakeFacts handshake();

  /**
   * Something that the application keeps with the connection.
   *
   * @return the value set under this key, or empty
   */
  <T> Optional<T> attribute(AttributeKey<T> key);

  /**
   * Keeps a value; null forgets it.
   *
   * @throws ClassCastException if the value is not of the key's class
   */
  <T> void attribute(AttributeKey<T> key, @Nullable T value);
}
