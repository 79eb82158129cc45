package dev.drawbridge.endpoint;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.message.Surrogates;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** One WebSocket as a handler sees it. Thread-safe. */
public final class Connection {
  private final Link link;

  /** Null until the application stores something. Guarded by this. */
  private @Nullable Map<String, Object> attributes;

  Connection(Link link) {
    this.link = link;
  }

  /** The id that {@code welcome} and the log show: 24 hexadecimal digits, not a secret. */
  public String id() {
    return link.id();
  }

  /** Whose connection it is, as last read; the subject never changes. */
  public User user() {
    return link.credential().user();
  }

  /** When the connection will be closed unless the client sends a newer token, without leeway. */
  public Instant tokenExpiresAt() {
    return link.credential().expiresAt();
  }

  /** The {@code Origin} of the handshake; empty for a client that is no browser. */
  public Optional<String> origin() {
    return Optional.ofNullable(link.origin());
  }

  /** The client's address as the container knows it. */
  public String remoteAddress() {
    return link.address();
  }

  /** When it was opened. */
  public Instant openedAt() {
    return link.openedAt();
  }

  /** True until either side closes. Only a hint: it may change at any moment. */
  public boolean isOpen() {
    return link.isOpen();
  }

  /**
   * Sends data of a type, without waiting for the network.
   *
   * <p>What is attached to the stage without an executor runs on one of at most {@value
   * Continuations#MAX_THREADS} threads that do nothing else, named {@code drawbridge-stage-n}, or
   * on the attaching thread if the stage is complete by then. There it may block; a thread that
   * waits for another stage is replaced meanwhile, up to {@value Continuations#MAX_REPLACED}. When
   * all are blocked, further stages complete once one of them returns; frames go out all the same.
   *
   * @param type as in PROTOCOL.md section 4, for example {@code chat.message}
   * @param data anything that Jackson can write; null for none
   * @return completes when the bytes of the frame are written to the socket, or fails with {@link
   *     SendFailedException}
   * @throws IllegalArgumentException if the type breaks a rule, or Jackson cannot write the data
   */
  public CompletionStage<Void> send(String type, @Nullable Object data) {
    OutgoingText text = link.frames().application(type, data);
    SendStage stage = new SendStage(link.core().continuations());
    link.send(text, stage);
    return stage.handOut();
  }

  private static final class SendStage extends HeldStage<Void> implements Receipt {
    private SendStage(Executor continuations) {
      super(continuations);
    }

    @Override
    public void written() {
      settle(null);
    }

    @Override
    public void failed(String why) {
      settleFailed(new SendFailedException(why));
    }
  }

  /** Closes with 1000, after what was sent before; the client does not come back by itself. */
  public void close() {
    link.close(CloseCode.NORMAL, "");
  }

  /**
   * Closes after what was sent before.
   *
   * @param reason cut at 123 UTF-8 bytes; the client sees it
   * @throws IllegalArgumentException if it holds half of a surrogate pair, which UTF-8 cannot write
   */
  public void close(CloseCode code, String reason) {
    if (Surrogates.isBroken(reason)) {
      throw new IllegalArgumentException(
          "the reason of a close must not hold half of a surrogate pair");
    }
    link.close(code, reason);
  }

  /**
   * Something that the application keeps with the connection.
   *
   * @return the value set under this key, or empty
   */
  public synchronized Optional<Object> attribute(String key) {
    return attributes == null ? Optional.empty() : Optional.ofNullable(attributes.get(key));
  }

  /** Keeps a value; null forgets it. */
  public synchronized void attribute(String key, @Nullable Object value) {
    if (value != null) {
      if (attributes == null) {
        attributes = new ConcurrentHashMap<>(4);
      }
      attributes.put(key, value);
    } else if (attributes != null) {
      attributes.remove(key);
    }
  }

  Link link() {
    return link;
  }

  @Override
  public String toString() {
    return "Connection[" + id() + "]";
  }
}
