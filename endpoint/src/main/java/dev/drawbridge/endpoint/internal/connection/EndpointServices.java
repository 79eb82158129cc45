package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.db.user.Lookup;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.Limits;
import dev.drawbridge.endpoint.internal.Recent;
import dev.drawbridge.endpoint.internal.channels.ChannelHub;
import dev.drawbridge.endpoint.internal.metrics.EndpointMetrics;
import dev.drawbridge.endpoint.internal.receive.ReceiveServices;
import dev.drawbridge.endpoint.internal.send.FrameTally;
import dev.drawbridge.endpoint.internal.send.ProtocolFrames;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What a connection asks of its endpoint. Thread-safe. */
public interface EndpointServices {
  EndpointConfig config();

  /** The same with what changes while it runs. */
  Limits limits();

  /** Texts that many connections have in common. */
  Recent<String> texts();

  ProtocolFrames frames();

  /** What the ways in share. */
  ReceiveServices receiving();

  /** Completes the stages that the application holds. */
  Executor continuations();

  ConnectionRegistry registry();

  /** The channels of this endpoint. */
  ChannelHub channels();

  HeartbeatCounts heartbeat();

  EndpointMetrics meters();

  /** The lines about closes. */
  CloseLog closes();

  /** Counts the frames of all connections; null in production. */
  @Nullable FrameTally frameTally();

  /** Is told of closes too; null in production. */
  @Nullable CloseListener closeListener();

  /**
   * Looks at a user, through the cache if it knows it well enough.
   *
   * @param maxAge what is known for longer is read anew
   * @throws IllegalStateException once the web application has stopped
   */
  CompletionStage<Lookup> findUser(String subject, Duration maxAge);

  /** Those who are due for another look. */
  Rechecks rechecks();

  /** False where the token alone says who its user is. */
  boolean looksUsersUp();

  /** The user of an open connection after another look; null when there is none any more. */
  @Nullable User again(User present, @Nullable User found, Set<String> tokenRoles);

  HandshakeAuthenticator authenticator();

  Clock clock();

  /** {@link System#nanoTime}, but in a test of the moment at which it is read. */
  long nanoTime();

  /** True once the indexes are being emptied for good. */
  boolean isStopped();
}
