package dev.drawbridge.endpoint.internal.warmup;

import dev.drawbridge.db.DbException;
import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.settings.Setting;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The warm-up of one start: whether there is one, how long it may take, and what the log says of
 * it. Whatever goes wrong in it, the start goes on.
 */
public final class WarmUp {
  private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

  /** What is loaded and compiled stays so for all applications of this class loader. */
  private static final AtomicBoolean DONE = new AtomicBoolean();

  /** More than these make nothing quicker. */
  private static final int MAX_VISITS = 10_000;

  /** Look-ups of a user who is not there, of which the database sees as many. */
  private static final int MAX_LOOKUPS = 200;

  /** What is under way when the time is over may end. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Where these stand in a stack, somebody waits for an answer. */
  private static final List<String> SERVING =
      List.of(
          "org.eclipse.jetty.server.internal.HttpChannelState",
          "org.apache.catalina.connector.CoyoteAdapter",
          "io.undertow.server.Connectors");

  private final ServletContext context;
  private final DrawbridgeRuntime runtime;
  private final SocketUpgrade upgrade;
  private final Function<SocketUpgrade, HttpServlet> twin;
  private final long beganNanos = System.nanoTime();
  private final long limitNanos;

  /** The database of the application is asked. Guarded by this. */
  private boolean asking;

  /** It has taken too long. Guarded by this. */
  private boolean givenUp;

  private WarmUp(
      ServletContext context,
      DrawbridgeRuntime runtime,
      SocketUpgrade upgrade,
      Function<SocketUpgrade, HttpServlet> twin,
      Duration limit) {
    this.context = context;
    this.runtime = runtime;
    this.upgrade = upgrade;
    this.twin = twin;
    this.limitNanos = limit.toNanos();
  }

  /**
   * Warms up, unless that is off or done, and returns when it is over.
   *
   * @param twin makes a servlet like the one that starts, which is started in a context of its own
   */
  public static void run(
      ServletContext context,
      DrawbridgeRuntime runtime,
      SocketUpgrade upgrade,
      Function<SocketUpgrade, HttpServlet> twin) {
    Duration limit = runtime.settings().duration(Setting.WARM_UP);
    if (limit.isZero() || isWatched() || isServing() || !DONE.compareAndSet(false, true)) {
      return;
    }
    new WarmUp(context, runtime, upgrade, twin, limit).onItsThread();
  }

  /** For tests of this module: the next start is warmed up, too. */
  public static void again() {
    DONE.set(false);
  }

  /** Who looks at each handshake wants to see those of clients. */
  private static boolean isWatched() {
    return LoggerFactory.getLogger("dev.drawbridge.endpoint").isDebugEnabled()
        || LoggerFactory.getLogger("dev.drawbridge.filters").isDebugEnabled();
  }

  /** True where the servlet starts because of a request, which would have to wait. */
  private static boolean isServing() {
    return StackWalker.getInstance()
        .walk(frames -> frames.anyMatch(frame -> SERVING.contains(frame.getClassName())));
  }

  /** Of its own, so that whatever hangs does not hold up the start. */
  private void onItsThread() {
    Thread thread = new Thread(this::rehearse, "drawbridge-warm-up");
    thread.setDaemon(true);
    thread.start();
    try {
      thread.join(TimeUnit.NANOSECONDS.toMillis(limitNanos) + PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    giveUp(thread);
  }

  /** Not inside of a driver: an interrupt there closes files of an embedded database for all. */
  private synchronized void giveUp(Thread thread) {
    givenUp = true;
    if (thread.isAlive() && !asking) {
      thread.interrupt();
    }
  }

  private void rehearse() {
    int visits = 0;
    try (Rehearsal rehearsal = new Rehearsal(context, runtime.settings(), upgrade, twin)) {
      boolean asks = true;
      do {
        rehearsal.visit();
        asks = asks && visits < MAX_LOOKUPS && lookUp();
        visits++;
      } while (visits < MAX_VISITS && !isOver());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      told(visits, "it was given up");
      return;
    } catch (IOException
        | ServletException
        | TimeoutException
        | RuntimeException
        | LinkageError
        | StackOverflowError e) {
      log.debug("the warm-up failed", e);
      told(visits, e.toString());
      return;
    }
    told(visits, "");
  }

  private boolean isOver() {
    return System.nanoTime() - beganNanos >= limitNanos;
  }

  /** False where nobody is asked, or does not answer. */
  private boolean lookUp() {
    if (!mayAsk()) {
      return false;
    }
    try {
      // No subject of a token begins with a blank.
      return runtime.looksUp(" warm-up");
    } catch (DbException e) {
      return false;
    } finally {
      asked();
    }
  }

  private synchronized boolean mayAsk() {
    asking = !givenUp;
    return asking;
  }

  private synchronized void asked() {
    asking = false;
    if (givenUp) {
      Thread.currentThread().interrupt();
    }
  }

  private void told(int visits, String failure) {
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beganNanos);
    if (failure.isEmpty() || visits > 0) {
      // One that failed behind others had no time: the machine has much to do.
      log.info("warmed up in {} ms: {} handshakes with messages", millis, visits);
    } else {
      log.info("not warmed up, which changes nothing but the first seconds: {}", failure);
    }
  }
}
