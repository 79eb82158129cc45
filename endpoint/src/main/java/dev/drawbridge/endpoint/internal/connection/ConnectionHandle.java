package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.AttributeKey;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.HandshakeFacts;
import dev.drawbridge.endpoint.SendFailedException;
import dev.drawbridge.endpoint.internal.message.Surrogates;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.endpoint.internal.send.HeldStage;
import dev.drawbridge.endpoint.internal.send.Receipt;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What a handler holds of a connection: the door's view, and what the application keeps with it.
 * Thread-safe.
 */
final class ConnectionHandle implements Connection {
  private final ServerConnection connection;

  /** Null until the application stores something. Guarded by this. */
  private @Nullable Map<AttributeKey<?>, Object> attributes;

  private final HandshakeFacts handshake;

  ConnectionHandle(ServerConnection connection, HandshakeFacts handshake) {
    this.connection = connection;
    this.handshake = handshake;
  }

  @Override
  public String id() {
    return connection.id();
  }

  @Override
  public User user() {
    return connection.credential().user();
  }

  @Override
  public Instant tokenExpiresAt() {
    return connection.credential().expiresAt();
  }

  @Override
  public Map<String, @Nullable Object> claims() {
    return connection.credential().claims();
  }

  @Override
  public Optional<String> origin() {
    return Optional.ofNullable(connection.origin());
  }

  @Override
  public String remoteAddress() {
    return connection.address();
  }

  @Override
  public Instant openedAt() {
    return connection.openedAt();
  }

  @Override
  public boolean isOpen() {
    return connection.isOpen();
  }

  @Override
  public CompletionStage<Void> send(String type, @Nullable Object data) {
    EndpointServices endpoint = connection.endpoint();
    EncodedMessage text = endpoint.frames().application(type, data);
    SendStage stage = new SendStage(endpoint.continuations());
    connection.send(text, stage);
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

  @Override
  public void close() {
    connection.close(CloseCode.NORMAL, "");
  }

  @Override
  public void close(CloseCode code, String reason) {
    Surrogates.checkReason(reason);
    connection.close(code, reason);
  }

  @Override
  public HandshakeFacts handshake() {
    return handshake;
  }

  @Override
  public synchronized <T> Optional<T> attribute(AttributeKey<T> key) {
    return attributes == null
        ? Optional.empty()
        : Optional.ofNullable(attributes.get(key)).map(key.type()::cast);
  }

  @Override
  public synchronized <T> void attribute(AttributeKey<T> key, @Nullable T value) {
    if (value != null) {
      if (attributes == null) {
        attributes = new HashMap<>(4);
      }
      attributes.put(key, key.type().cast(value));
    } else if (attributes != null) {
      attributes.remove(key);
    }
  }

  @Override
  public String toString() {
    return "Connection[" + id() + "]";
  }
}
