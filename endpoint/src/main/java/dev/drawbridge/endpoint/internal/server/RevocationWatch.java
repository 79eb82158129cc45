package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.db.user.Registration;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.internal.connection.Credential;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.util.DaemonThreads;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes connections whose token is revoked: at once when this server revokes it, within a few
 * seconds when another one does. One question for all connections, on a thread of its own, because
 * it may ask a database. Thread-safe. PROTOCOL.md section 9.
 */
public final class RevocationWatch {
  private static final Logger log = LoggerFactory.getLogger(RevocationWatch.class);

  /** Pause between two questions: with their answers, less than the 5 s that are promised. */
  public static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final ConnectionIndex connections;
  private final Revocations revocations;
  private final Registration registration;
  private final ThreadPoolExecutor thread;
  private final AtomicBoolean asking = new AtomicBoolean();

  /** When the last question began. Timer thread only. */
  private long askedAt = System.nanoTime();

  private volatile boolean due;

  /** True while the answers fail. The asking thread only. */
  private boolean failing;

  RevocationWatch(ConnectionIndex connections, Revocations revocations) {
    this.connections = connections;
    this.revocations = revocations;
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            PERIOD_NANOS * 2,
            TimeUnit.NANOSECONDS,
            new LinkedBlockingQueue<>(),
            DaemonThreads.named("drawbridge-revocations"));
    thread.allowCoreThreadTimeOut(true);
    this.registration =
        revocations.onRevoke(
            concerned ->
                connections.links().stream()
                    .filter(link -> concerned.test(token(link)))
                    .forEach(RevocationWatch::close));
  }

  /** Has it asked at the next tick: another server has revoked. */
  void askSoon() {
    due = true;
  }

  /** Called by the timer. */
  void tick() {
    long now = System.nanoTime();
    if ((!due && now - askedAt < PERIOD_NANOS)
        || connections.size() == 0
        || !asking.compareAndSet(false, true)) {
      return;
    }
    askedAt = now;
    // Before the question: what is revoked from here on makes another one due.
    due = false;
    try {
      thread.execute(this::ask);
    } catch (RejectedExecutionException e) {
      log.trace("the endpoint is stopped");
    }
  }

  private void ask() {
    try {
      Map<Revocations.Token, List<ServerConnection>> open = new HashMap<>();
      connections
          .links()
          .forEach(link -> open.computeIfAbsent(token(link), t -> new ArrayList<>(1)).add(link));
      for (Revocations.Token revoked : revocations.revokedAmong(open.keySet())) {
        for (ServerConnection link : open.getOrDefault(revoked, List.of())) {
          // It may have brought another one meanwhile.
          if (token(link).equals(revoked)) {
            close(link);
          }
        }
      }
      failing = false;
    } catch (RuntimeException e) {
      // An outage closes nothing.
      if (!failing) {
        log.warn(
            "revocations cannot be read ({}); open connections stay as they are",
            e.getClass().getSimpleName());
      }
      failing = true;
    } finally {
      asking.set(false);
    }
  }

  private static Revocations.Token token(ServerConnection link) {
    Credential credential = link.credential();
    return new Revocations.Token(link.subject(), credential.tokenId(), credential.issuedAt());
  }

  private static void close(ServerConnection link) {
    link.close(CloseCode.UNAUTHENTICATED, RefusalCode.TOKEN_REVOKED.word());
  }

  void stop() {
    registration.close();
    thread.shutdownNow();
  }
}
