package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one timer of all connections. */
final class ConnectionTimer {
  private static final Logger log = LoggerFactory.getLogger(ConnectionTimer.class);

  /** Ticks in one heartbeat interval: everything that is timed is late by one tick at most. */
  private static final int TICKS_PER_INTERVAL = 40;

  private static final long MIN_TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
  private static final long MAX_TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** A tick that is later than this shows that the whole process stood still. */
  private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final ConnectionIndex connections;
  private final Clock clock;

  /** What is done beside the connections. */
  private final List<Runnable> chores = new CopyOnWriteArrayList<>();

  private final long tickNanos;
  private final ScheduledExecutorService timer;

  /** Timer thread only. */
  private long lastNanos;

  ConnectionTimer(EndpointConfig config, Clock clock, ConnectionIndex connections) {
    this.connections = connections;
    this.clock = clock;
    long tick = config.heartbeatInterval().toNanos() / TICKS_PER_INTERVAL;
    this.tickNanos = Math.max(MIN_TICK_NANOS, Math.min(MAX_TICK_NANOS, tick));
    ClassLoader classLoader = Thread.currentThread().getContextClassLoader();
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "drawbridge-timer");
              thread.setDaemon(true);
              thread.setContextClassLoader(classLoader);
              return thread;
            });
  }

  @SuppressWarnings("FutureReturnValueIgnored") // tickSafely() catches everything itself.
  void start() {
    lastNanos = System.nanoTime();
    timer.scheduleWithFixedDelay(this::tickSafely, tickNanos, tickNanos, TimeUnit.NANOSECONDS);
  }

  /** Has something done at each tick; it must be short and never block. */
  void onTick(Runnable chore) {
    chores.add(chore);
  }

  void stop() {
    timer.shutdownNow();
  }

  /** An exception would end the timer for good, and with it every heartbeat. */
  private void tickSafely() {
    try {
      tick(System.nanoTime());
    } catch (RuntimeException | Error e) {
      log.error("a tick of the timer failed", e);
    }
  }

  /** Looks at everything once. Timer thread only. */
  void tick(long now) {
    long stall = now - lastNanos - tickNanos;
    lastNanos = now;
    Instant time = clock.instant();
    if (stall > STALL_NANOS) {
      connections.links().forEach(link -> link.forgive(now));
      connections.opening().forEach(link -> link.forgive(now));
      connections.leaving().forEach(link -> link.forgive(now));
    }
    connections.links().forEach(link -> tick(link, now, time));
    connections.opening().forEach(link -> tick(link, now, time));
    connections.leaving().forEach(link -> link.tickAfterEnd(now));
    chores.forEach(ConnectionTimer::run);
    Drain drain = connections.draining();
    if (drain != null) {
      drain.tick(now);
    }
  }

  private static void run(Runnable chore) {
    try {
      chore.run();
    } catch (RuntimeException | Error e) {
      log.error("a chore of the timer failed", e);
    }
  }

  private static void tick(ServerConnection link, long now, Instant time) {
    try {
      link.tick(now, time);
    } catch (RuntimeException | Error e) {
      // One connection's trouble must not stop the heartbeat of the others.
      log.error("the timer failed for connection {}", link.id(), e);
    }
  }
}
