package dev.drawbridge.endpoint;

import dev.drawbridge.db.user.Registration;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.endpoint.metrics.EndpointMetrics;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What all connections of one endpoint share. Thread-safe. */
final class Core {
  private final DrawbridgeRuntime runtime;
  private final EndpointConfig config;
  private final Endpoint endpoint;
  private final Frames frames;
  private final HandlerThreads threads;
  private final Continuations continuations;
  private final Measurement measurement;
  private final SocketUpgrade upgrade;
  private final ReceivedCounts received;
  private final Admission admission;
  private final Connections connections;
  private final Pulse pulse;
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
  private final Set<Link> opening = ConcurrentHashMap.newKeySet();

  /** Ended, but inside of a handler that is not late yet. */
  private final Set<Link> leaving = ConcurrentHashMap.newKeySet();

  private volatile boolean stopped;

  /** {@link System#nanoTime}, but in a test of the moment at which it is read. */
  private volatile LongSupplier nanoTime = System::nanoTime;

  Core(
      DrawbridgeRuntime runtime,
      Connections connections,
      Endpoint endpoint,
      Measurement measurement,
      SocketUpgrade upgrade) {
    this.runtime = runtime;
    this.connections = connections;
    this.endpoint = endpoint;
    this.measurement = measurement;
    this.upgrade = upgrade;
    this.config = EndpointConfig.from(runtime.settings());
    this.frames = new Frames(endpoint.codec().mapper(), config, measurement.meters());
    this.received = ReceivedCounts.of(measurement.meters());
    ClassLoader classLoader = Thread.currentThread().getContextClassLoader();
    this.threads = new HandlerThreads(classLoader);
    this.continuations = new Continuations(classLoader);
    this.admission = new Admission(config);
    this.witness = config.mode().isDevelopment() ? new Witness(runtime.clock()) : null;
    this.setUp = new SetUpWatch(config);
    this.pulse = new Pulse(this);
  }

  EndpointConfig config() {
    return config;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  Frames frames() {
    return frames;
  }

  HandlerThreads threads() {
    return threads;
  }

  Continuations continuations() {
    return continuations;
  }

  HeartbeatStats heartbeat() {
    return measurement.heartbeat();
  }

  EndpointMetrics meters() {
    return measurement.meters();
  }

  ReceivedCounts received() {
    return received;
  }

  Admission admission() {
    return admission;
  }

  Connections connections() {
    return connections;
  }

  /** Which way the next connection takes through the container. */
  Transport transport() {
    return upgrade.transport();
  }

  Set<Link> opening() {
    return opening;
  }

  Set<Link> leaving() {
    return leaving;
  }

  /** True once the indexes are being emptied for good. */
  boolean isStopped() {
    return stopped;
  }

  UserDirectory users() {
    return runtime.users();
  }

  HandshakeAuthenticator authenticator() {
    return runtime.authenticator();
  }

  /** What the diagnostics page is told beside what is open; null in production. */
  @Nullable Witness witness() {
    return witness;
  }

  DrawbridgeRuntime runtime() {
    return runtime;
  }

  /** What is wrong with the set-up, as far as it was seen. */
  SetUpWatch setUp() {
    return setUp;
  }

  CloseLog closes() {
    return closes;
  }

  Clock clock() {
    return runtime.clock();
  }

  /** Has something done by the timer at each tick; it must be short and never block. */
  void onTick(Runnable chore) {
    chores.add(chore);
  }

  List<Runnable> chores() {
    return chores;
  }

  long nanoTime() {
    return nanoTime.getAsLong();
  }

  /** For tests of this module. */
  void nanoTime(LongSupplier source) {
    nanoTime = source;
  }

  void start() {
    pulse.start();
  }

  /**
   * Hears of users who change and of tokens that are revoked; called before the first connection.
   */
  synchronized void watchUsers() {
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
  void stop() {
    forgetUsers();
    stopped = true;
    connections.stop();
    opening.forEach(link -> link.abort("the endpoint stops"));
    pulse.stop();
    threads.stop();
    continuations.stop();
  }
}
