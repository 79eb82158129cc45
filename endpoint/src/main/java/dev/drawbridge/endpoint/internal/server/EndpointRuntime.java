package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.db.user.Registration;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.connection.CloseLog;
import dev.drawbridge.endpoint.internal.connection.HeartbeatCounts;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.diagnostics.Witness;
import dev.drawbridge.endpoint.internal.metrics.EndpointMetrics;
import dev.drawbridge.endpoint.internal.receive.EndpointDefinition;
import dev.drawbridge.endpoint.internal.receive.HandlerThreads;
import dev.drawbridge.endpoint.internal.receive.ReceivedCounts;
import dev.drawbridge.endpoint.internal.send.Continuations;
import dev.drawbridge.endpoint.internal.send.ProtocolFrames;
import dev.drawbridge.endpoint.internal.setup.SetUpWatch;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.endpoint.internal.transport.jetty.SocketUpgrade;
import dev.drawbridge.filters.DrawbridgeRuntime;
import dev.drawbridge.filters.jwt.HandshakeAuthenticator;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What all connections of one endpoint share. Thread-safe. */
public final class EndpointRuntime {
  private final DrawbridgeRuntime runtime;
  private final EndpointConfig config;
  private final EndpointDefinition endpoint;
  private final ProtocolFrames frames;
  private final HandlerThreads threads;
  private final Continuations continuations;
  private final Measurement measurement;
  private final SocketUpgrade upgrade;
  private final ReceivedCounts received;
  private final Admission admission;
  private final ConnectionIndex connections;
  private final ConnectionTimer pulse;
  private final CloseLog closes = new CloseLog();
  private final SetUpWatch setUp;

  /** What the timer does beside the connections. */
  private final List<Runnable> chores = new CopyOnWriteArrayList<>();

  /** Null in production. */
  private final @Nullable Witness witness;

  /** Null until the first handshake. Guarded by this. */
  private @Nullable Registration userChanges;

  /** As above. */
  private @Nullable RevocationWatch revocations;

  /** Admitted, but not opened by Jetty yet. */
  private final Set<ServerConnection> opening = ConcurrentHashMap.newKeySet();

  /** Ended, but inside of a handler that is not late yet. */
  private final Set<ServerConnection> leaving = ConcurrentHashMap.newKeySet();

  private volatile boolean stopped;

  /** {@link System#nanoTime}, but in a test of the moment at which it is read. */
  private volatile LongSupplier nanoTime = System::nanoTime;

  public EndpointRuntime(
      DrawbridgeRuntime runtime,
      ConnectionIndex connections,
      EndpointDefinition endpoint,
      Measurement measurement,
      SocketUpgrade upgrade) {
    this.runtime = runtime;
    this.connections = connections;
    this.endpoint = endpoint;
    this.measurement = measurement;
    this.upgrade = upgrade;
    this.config = EndpointConfig.from(runtime.settings());
    this.frames = new ProtocolFrames(endpoint.codec().mapper(), config, measurement.meters());
    this.received = ReceivedCounts.of(measurement.meters());
    ClassLoader classLoader = Thread.currentThread().getContextClassLoader();
    this.threads = new HandlerThreads(classLoader);
    this.continuations = new Continuations(classLoader);
    this.admission = new Admission(config);
    this.witness = config.mode().isDevelopment() ? new Witness(runtime.clock()) : null;
    this.setUp = new SetUpWatch(config);
    this.pulse = new ConnectionTimer(this);
  }

  public EndpointConfig config() {
    return config;
  }

  public EndpointDefinition endpoint() {
    return endpoint;
  }

  public ProtocolFrames frames() {
    return frames;
  }

  public HandlerThreads threads() {
    return threads;
  }

  public Continuations continuations() {
    return continuations;
  }

  public HeartbeatCounts heartbeat() {
    return measurement.heartbeat();
  }

  public EndpointMetrics meters() {
    return measurement.meters();
  }

  public ReceivedCounts received() {
    return received;
  }

  public Admission admission() {
    return admission;
  }

  public ConnectionIndex connections() {
    return connections;
  }

  /** Which way the next connection takes through the container. */
  public TransportChoice transport() {
    return upgrade.transport();
  }

  public Set<ServerConnection> opening() {
    return opening;
  }

  public Set<ServerConnection> leaving() {
    return leaving;
  }

  /** True once the indexes are being emptied for good. */
  public boolean isStopped() {
    return stopped;
  }

  public UserDirectory users() {
    return runtime.users();
  }

  public HandshakeAuthenticator authenticator() {
    return runtime.authenticator();
  }

  /** What the diagnostics page is told beside what is open; null in production. */
  public @Nullable Witness witness() {
    return witness;
  }

  public DrawbridgeRuntime runtime() {
    return runtime;
  }

  /** What is wrong with the set-up, as far as it was seen. */
  public SetUpWatch setUp() {
    return setUp;
  }

  public CloseLog closes() {
    return closes;
  }

  public Clock clock() {
    return runtime.clock();
  }

  /** Has something done by the timer at each tick; it must be short and never block. */
  public void onTick(Runnable chore) {
    chores.add(chore);
  }

  List<Runnable> chores() {
    return chores;
  }

  public long nanoTime() {
    return nanoTime.getAsLong();
  }

  /** For tests of this module. */
  public void nanoTime(LongSupplier source) {
    nanoTime = source;
  }

  public void start() {
    pulse.start();
  }

  /**
   * Hears of users who change and of tokens that are revoked; called before the first connection.
   */
  public synchronized void watchUsers() {
    if (userChanges == null) {
      userChanges = users().onInvalidate(connections::recheck);
      RevocationWatch watch = new RevocationWatch(connections, authenticator().revocations());
      revocations = watch;
      onTick(watch::tick);
    }
  }

  private synchronized void forgetUsers() {
    if (userChanges != null) {
      userChanges.close();
      userChanges = null;
    }
    RevocationWatch watch = revocations;
    if (watch != null) {
      watch.stop();
      revocations = null;
    }
  }

  /** Ends every connection and every thread. */
  public void stop() {
    forgetUsers();
    stopped = true;
    connections.stop();
    opening.forEach(link -> link.abort("the endpoint stops"));
    pulse.stop();
    threads.stop();
    continuations.stop();
  }
}
