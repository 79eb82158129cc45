package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.internal.connection.ConnectionMonitor;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.send.HeldStage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Empties an endpoint in order. Advanced by the timer. PROTOCOL.md section 9. */
public final class Drain {
  private static final Logger log = LoggerFactory.getLogger(Drain.class);

  /** How long handlers may take. */
  public static final long HANDLERS_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** How long the rest may take after that: closes and their answers. */
  public static final long LAST_NANOS = HANDLERS_NANOS + 2 * ServerConnection.CLOSE_NANOS;

  private static final long MIN_SPREAD_MS = 500;
  private static final long MAX_SPREAD_MS = 30_000;
  private static final long SPREAD_PER_CONNECTION_MS = 10;

  private final ConnectionIndex connections;
  private final Executor continuations;

  /** One for each who waits for the end. Guarded by this. */
  private final List<HeldStage<Void>> stages = new ArrayList<>();

  /** Guarded by this. */
  private boolean over;

  private final long startedNanos = System.nanoTime();

  Drain(ConnectionIndex connections, Executor continuations) {
    this.connections = connections;
    this.continuations = continuations;
  }

  /** Milliseconds over which so many clients are asked to come back. */
  public static long spreadMs(int connections) {
    return Math.max(MIN_SPREAD_MS, Math.min(MAX_SPREAD_MS, SPREAD_PER_CONNECTION_MS * connections));
  }

  /** A stage of its own for each caller: none waits for what another one attaches. */
  CompletionStage<Void> done() {
    HeldStage<Void> stage = new HeldStage<>(continuations);
    synchronized (this) {
      if (over) {
        stage.settle(null);
      } else {
        stages.add(stage);
      }
    }
    return stage.handOut();
  }

  /** False when it is over already. */
  private boolean finish() {
    List<HeldStage<Void>> waiting;
    synchronized (this) {
      if (over) {
        return false;
      }
      over = true;
      waiting = List.copyOf(stages);
      stages.clear();
    }
    waiting.forEach(stage -> stage.settle(null));
    return true;
  }

  void start() {
    log.info("draining {} connections", connections.size());
    connections.links().forEach(this::tell);
  }

  /** The endpoint stops before the drain is done. */
  void stop() {
    boolean unfinished = finish();
    log.debug("the endpoint stops {} its drain", unfinished ? "before the end of" : "after");
  }

  /** Tells one connection; also one that was being opened when the drain began. */
  public void tell(ServerConnection link) {
    long spread = spreadMs(connections.size());
    ConnectionMonitor monitor = link.monitor();
    if (monitor != null) {
      monitor.tellOfDrain(ThreadLocalRandom.current().nextLong(spread));
    }
  }

  /** Called by the timer. */
  public void tick(long nowNanos) {
    long age = nowNanos - startedNanos;
    for (ServerConnection link : connections.links()) {
      if (age > LAST_NANOS) {
        link.abort("the drain is over");
      } else if (age > HANDLERS_NANOS || !link.isBusy()) {
        tell(link);
        link.close(CloseCode.DRAINING, "draining");
      }
    }
    if (age > LAST_NANOS) {
      // They were admitted before the drain, and their clients have not come that far.
      connections.opening().forEach(link -> link.abort("the drain is over"));
    }
    if (connections.size() == 0 && connections.opening().isEmpty() && finish()) {
      log.info("drained in {} ms", TimeUnit.NANOSECONDS.toMillis(Math.max(0, age)));
    }
  }
}
