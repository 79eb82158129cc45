package dev.drawbridge.endpoint.testkit;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.AttributeKey;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.HandshakeFacts;
import dev.drawbridge.endpoint.SendFailedException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A connection without a socket, for unit tests of handlers: remembers what was sent to it and how
 * it was closed. What is sent counts as written at once, and is kept as the object that it was; a
 * {@link RecordingClient} and a server show what Jackson makes of it. Thread-safe.
 */
public final class FakeConnection implements Connection {
  private static final AtomicLong NUMBERS = new AtomicLong();

  /** PROTOCOL.md section 4. */
  private static final Pattern TYPE = Pattern.compile("[a-z][a-z0-9]*([._-][a-z0-9]+)*");

  private static final int MAX_TYPE_LENGTH = 64;
  private static final Set<String> RESERVED =
      Set.of(
          "welcome",
          "ping",
          "pong",
          "ack",
          "error",
          "auth",
          "auth.expiring",
          "drain",
          "subscribe",
          "unsubscribe",
          "publish",
          "resume",
          "presence");

  /**
   * What the application sent.
   *
   * @param type the message's type
   * @param data as it was given, null for none
   */
  public record Sent(String type, @Nullable Object data) {}

  /**
   * How it was closed first.
   *
   * @param code the close code
   * @param reason as it was given
   */
  public record Closed(CloseCode code, String reason) {}

  private final String id = String.format("%024x", NUMBERS.incrementAndGet());
  private final HandshakeFacts handshake;
  private final Instant openedAt;

  /** Guarded by this, like all below. */
  private User user;

  /** Null until the test says. */
  private @Nullable Map<String, @Nullable Object> claims;

  private final List<Sent> sent = new ArrayList<>();
  private final Map<AttributeKey<?>, Object> attributes = new HashMap<>();

  /** Null while it is open. */
  private @Nullable Closed closed;

  private FakeConnection(User user, HandshakeFacts handshake) {
    this.user = user;
    this.handshake = handshake;
    this.openedAt = Instant.now();
  }

  /** An open connection of an active user with these roles, called like the subject. */
  public static FakeConnection of(String subject, String... roles) {
    return of(User.of(subject, subject, Set.of(roles)));
  }

  /** An open connection of this user, whose handshake carried nothing. */
  public static FakeConnection of(User user) {
    return of(user, HandshakeFacts.of(null, Map.of()));
  }

  /** An open connection of this user. */
  public static FakeConnection of(User user, HandshakeFacts handshake) {
    return new FakeConnection(user, handshake);
  }

  /** All that was sent to it so far, in order. */
  public synchronized List<Sent> sent() {
    return List.copyOf(sent);
  }

  /** How it was closed; empty while it is open. */
  public synchronized Optional<Closed> closed() {
    return Optional.ofNullable(closed);
  }

  /**
   * The user as read anew, for example with other roles.
   *
   * @throws IllegalArgumentException if it is another subject's
   */
  public synchronized void user(User changed) {
    if (!changed.subject().equals(user.subject())) {
      throw new IllegalArgumentException(
          "the subject of a connection must not change: " + changed.subject());
    }
    user = changed;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public synchronized User user() {
    return user;
  }

  /** Those of {@link #claims(Map)}; the subject alone before. */
  @Override
  public synchronized Map<String, @Nullable Object> claims() {
    return claims == null ? Map.of("sub", user.subject()) : claims;
  }

  /** The payload of the token, as the handler shall see it. */
  public synchronized FakeConnection claims(Map<String, @Nullable Object> present) {
    claims = Collections.unmodifiableMap(new LinkedHashMap<>(present));
    return this;
  }

  /** An hour after it was opened. */
  @Override
  public Instant tokenExpiresAt() {
    return openedAt.plusSeconds(3600);
  }

  @Override
  public Optional<String> origin() {
    return Optional.empty();
  }

  @Override
  public String remoteAddress() {
    return "127.0.0.1";
  }

  @Override
  public Instant openedAt() {
    return openedAt;
  }

  @Override
  public synchronized boolean isOpen() {
    return closed == null;
  }

  @Override
  public synchronized CompletionStage<Void> send(String type, @Nullable Object data) {
    checkType(type);
    if (closed != null) {
      return CompletableFuture.failedFuture(new SendFailedException("the connection is closed"));
    }
    sent.add(new Sent(type, data));
    return CompletableFuture.completedFuture(null);
  }

  static void checkType(String type) {
    if (type.length() > MAX_TYPE_LENGTH
        || !TYPE.matcher(type).matches()
        || RESERVED.contains(type)) {
      throw new IllegalArgumentException("type must be one of the application's: " + type);
    }
  }

  /** UTF-8 cannot write half of a surrogate pair, so no server can send it. */
  static void checkReason(String reason) {
    boolean whole =
        reason.codePoints().noneMatch(point -> Character.getType(point) == Character.SURROGATE);
    if (!whole) {
      throw new IllegalArgumentException(
          "the reason of a close must not hold half of a surrogate pair");
    }
  }

  @Override
  public void close() {
    close(CloseCode.NORMAL, "");
  }

  @Override
  public synchronized void close(CloseCode code, String reason) {
    checkReason(reason);
    if (closed == null) {
      closed = new Closed(code, reason);
    }
  }

  @Override
  public HandshakeFacts handshake() {
    return handshake;
  }

  @Override
  public synchronized <T> Optional<T> attribute(AttributeKey<T> key) {
    return Optional.ofNullable(attributes.get(key)).map(key.type()::cast);
  }

  @Override
  public synchronized <T> void attribute(AttributeKey<T> key, @Nullable T value) {
    if (value == null) {
      attributes.remove(key);
    } else {
      attributes.put(key, key.type().cast(value));
    }
  }

  @Override
  public String toString() {
    return "FakeConnection[" + id + "]";
  }
}
