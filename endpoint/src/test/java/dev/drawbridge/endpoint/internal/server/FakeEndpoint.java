package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.db.user.Lookup;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.HandshakeFacts;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.FakeConfig;
import dev.drawbridge.endpoint.internal.Limits;
import dev.drawbridge.endpoint.internal.Recent;
import dev.drawbridge.endpoint.internal.channels.ChannelHub;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.connection.CloseListener;
import dev.drawbridge.endpoint.internal.connection.CloseLog;
import dev.drawbridge.endpoint.internal.connection.ConnectionRegistry;
import dev.drawbridge.endpoint.internal.connection.EndpointServices;
import dev.drawbridge.endpoint.internal.connection.HeartbeatCounts;
import dev.drawbridge.endpoint.internal.connection.Place;
import dev.drawbridge.endpoint.internal.connection.Rechecks;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.metrics.EndpointMetrics;
import dev.drawbridge.endpoint.internal.metrics.OffMetrics;
import dev.drawbridge.endpoint.internal.receive.EndpointDefinition;
import dev.drawbridge.endpoint.internal.receive.HandlerExecutor;
import dev.drawbridge.endpoint.internal.receive.ReceiveServices;
import dev.drawbridge.endpoint.internal.receive.ReceivedCounts;
import dev.drawbridge.endpoint.internal.send.FrameTally;
import dev.drawbridge.endpoint.internal.send.ProtocolFrames;
import dev.drawbridge.filters.jwt.Handshake;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.request.RequestId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint without a server: the real index, connections and queues, but handlers run when the
 * test says so. For one thread.
 */
final class FakeEndpoint implements EndpointServices, HandlerExecutor {
  static final int SEND_QUEUE_FRAMES = 6;
  static final int RECEIVE_QUEUE_FRAMES = 3;
  static final Duration SEND_TIMEOUT = Duration.ofSeconds(10);

  private static final EndpointMetrics OFF = new OffMetrics("a test");

  /** One for all, so that its lines are few. */
  private static final CloseLog CLOSES = new CloseLog(false);

  final ConnectionIndex index = new ConnectionIndex();

  /** Those that were open, for however short a time. */
  final Set<ServerConnection> opened = new HashSet<>();

  /** Places that are taken now; must never fall below none. */
  int places;

  /** What happens at each moment at which another thread might come between. */
  Runnable during = () -> {};

  private final ConnectionRegistry registry = new Watched();
  private final Deque<Runnable> work = new ArrayDeque<>();
  private final EndpointConfig config =
      FakeConfig.of(SEND_TIMEOUT, SEND_QUEUE_FRAMES, RECEIVE_QUEUE_FRAMES);
  private final Limits limits = new Limits(config);
  private final Recent<String> texts = new Recent<>();
  private final HeartbeatCounts heartbeat = new HeartbeatCounts();
  private final ProtocolFrames frames;
  private final ReceiveServices receiving;

  /** Never started: nobody subscribes here. */
  private final ChannelHub channels;

  private boolean stopped;

  FakeEndpoint(EndpointDefinition definition) {
    frames = new ProtocolFrames(definition.codec().mapper(), config, OFF);
    channels =
        new ChannelHub(
            config.channels(),
            new MemoryEngine(),
            new Node("test", "", Duration.ofMinutes(5), 1_000, 10),
            definition.rules(),
            work::add,
            config.handlerTimeout(),
            new ControlEffects(
                index,
                new SharedKnowledge(
                    index,
                    () -> {
                      throw new IllegalStateException("nobody watches");
                    },
                    () -> {
                      throw new IllegalStateException("nobody watches");
                    })),
            frames::written,
            OFF);
    receiving =
        ReceiveServices.of(limits, definition, frames, this, ReceivedCounts.of(OFF), channels);
    index.start(this);
  }

  /** What an endpoint does; costly to make, and good for many. */
  static EndpointDefinition define(Consumer<Endpoint.Builder> configure) {
    EndpointDefinition.Builder builder = new EndpointDefinition.Builder();
    configure.accept(builder);
    return builder.build(OFF);
  }

  /** A connection that is admitted, and not open yet. */
  ServerConnection admit(String subject) {
    Instant now = Instant.now();
    Handshake handshake =
        new Handshake(
            User.of(subject, subject, Set.of()),
            null,
            now,
            now.plus(Duration.ofDays(1)),
            Set.of(),
            null,
            "attempt",
            "authorization");
    places++;
    String id = RequestId.next() + RequestId.next();
    ServerConnection connection =
        new ServerConnection(
            this,
            handshake,
            HandshakeFacts.of(null, Map.of()),
            new Place() {
              @Override
              public String connectionId() {
                return id;
              }

              @Override
              public String address() {
                return "127.0.0.1";
              }

              @Override
              public void release() {
                places--;
                during.run();
              }
            },
            null);
    index.admitted(connection);
    return connection;
  }

  /** Looks at every connection, as the timer does at that time. */
  void tick(long nowNanos) {
    Instant now = Instant.now();
    index.links().forEach(connection -> connection.tick(nowNanos, now));
    index.opening().forEach(connection -> connection.tick(nowNanos, now));
    index.leaving().forEach(connection -> connection.tickAfterEnd(nowNanos));
    Drain drain = index.draining();
    if (drain != null) {
      drain.tick(nowNanos);
    }
  }

  /** Ends all, as the stop of the server does. */
  void stop() {
    stopped = true;
    index.stop();
    index.opening().forEach(connection -> connection.abort("the endpoint stops"));
  }

  /** Runs the oldest piece of work of the handlers; false when there is none. */
  boolean runOne() {
    Runnable next = work.poll();
    if (next != null) {
      next.run();
    }
    return next != null;
  }

  @Override
  public boolean execute(Runnable task) {
    return work.add(task);
  }

  @Override
  public void executeAnyway(Runnable task) {
    work.add(task);
  }

  @Override
  public void stuck() {
    // Nobody waits for a thread here.
  }

  @Override
  public void freed() {
    // As above.
  }

  @Override
  public EndpointConfig config() {
    return config;
  }

  @Override
  public Limits limits() {
    return limits;
  }

  @Override
  public Recent<String> texts() {
    return texts;
  }

  @Override
  public ProtocolFrames frames() {
    return frames;
  }

  @Override
  public ReceiveServices receiving() {
    return receiving;
  }

  @Override
  public Executor continuations() {
    return Runnable::run;
  }

  @Override
  public ConnectionRegistry registry() {
    during.run();
    return registry;
  }

  @Override
  public ChannelHub channels() {
    return channels;
  }

  @Override
  public HeartbeatCounts heartbeat() {
    return heartbeat;
  }

  @Override
  public EndpointMetrics meters() {
    return OFF;
  }

  @Override
  public CloseLog closes() {
    return CLOSES;
  }

  @Override
  public @Nullable FrameTally frameTally() {
    return config().mode().isDevelopment() ? new FrameTally() : null;
  }

  @Override
  public @Nullable CloseListener closeListener() {
    return null;
  }

  /** A directory that never answers: an outage changes nothing. */
  @Override
  public CompletionStage<Lookup> findUser(String subject, Duration maxAge) {
    during.run();
    return new CompletableFuture<>();
  }

  @Override
  public Rechecks rechecks() {
    return new Rechecks(subjects -> Map.of());
  }

  @Override
  public boolean looksUsersUp() {
    return true;
  }

  @Override
  public @Nullable User again(User present, @Nullable User found, Set<String> tokenRoles) {
    return found;
  }

  @Override
  public HandshakeAuthenticator authenticator() {
    throw new UnsupportedOperationException("no token is renewed here");
  }

  @Override
  public Clock clock() {
    return Clock.systemUTC();
  }

  @Override
  public long nanoTime() {
    during.run();
    return System.nanoTime();
  }

  @Override
  public boolean isStopped() {
    return stopped;
  }

  /** The index, between whose changes other threads may come. */
  private final class Watched implements ConnectionRegistry {
    @Override
    public void opened(ServerConnection connection) {
      opened.add(connection);
      during.run();
      index.opened(connection);
      during.run();
    }

    @Override
    public void ended(ServerConnection connection) {
      index.ended(connection);
      during.run();
    }

    @Override
    public void leaving(ServerConnection connection) {
      during.run();
      index.leaving(connection);
    }

    @Override
    public void left(ServerConnection connection) {
      index.left(connection);
    }

    @Override
    public void welcomed(ServerConnection connection) {
      during.run();
      index.welcomed(connection);
    }
  }
}
