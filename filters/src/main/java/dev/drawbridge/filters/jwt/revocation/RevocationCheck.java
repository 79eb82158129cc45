package dev.drawbridge.filters.jwt.revocation;

import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks whether a token was revoked without making a handshake wait longer than for its user: what
 * is remembered is answered at once, everything else by one of a few threads, beside the look-up of
 * the user. Thread-safe.
 */
public final class RevocationCheck implements AutoCloseable {

  /** Questions that are under way at most; a further one is answered 503. */
  static final int MAX_ASKING = 16;

  private static final Logger log = LoggerFactory.getLogger(RevocationCheck.class);
  private static final long IDLE_SECONDS = 10;

  /** Revocations that may know an answer without asking anybody. */
  interface Remembering {

    /** The answer, null when it must be asked for. Never blocks. */
    @Nullable Boolean remembered(Revocations.Token token);
  }

  /** A question that was asked. */
  public final class Answer {
    private final @Nullable Boolean known;
    private final @Nullable FutureTask<Boolean> task;
    private final long askedAt = System.nanoTime();

    private Answer(@Nullable Boolean known, @Nullable FutureTask<Boolean> task) {
      this.known = known;
      this.task = task;
    }

    /** True when nobody needs to wait for it. */
    public boolean isKnown() {
      return known != null;
    }

    /**
     * Waits for what is left of the time since the question.
     *
     * @throws RefusedException with {@code auth_unavailable} when it is not known by then
     */
    public boolean isRevoked() {
      if (known != null) {
        return known;
      }
      try {
        long left = Math.max(0, timeoutNanos - (System.nanoTime() - askedAt));
        return task != null && task.get(left, TimeUnit.NANOSECONDS);
      } catch (ExecutionException e) {
        // Whatever an application's implementation fails with: not knowing is not a no.
        log.debug("revocations cannot be read: {}", String.valueOf(e.getCause()));
      } catch (TimeoutException e) {
        // It runs on: to interrupt a driver may cost the connection, or a database in a file.
        log.debug("revocations were not read in time");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      throw unavailable();
    }
  }

  private final Revocations revocations;
  private final long timeoutNanos;
  private final ThreadPoolExecutor threads;

  /**
   * Asks nothing yet.
   *
   * @param timeout longest wait of a handshake
   */
  public RevocationCheck(Revocations revocations, Duration timeout) {
    this.revocations = revocations;
    this.timeoutNanos = timeout.toNanos();
    this.threads =
        new ThreadPoolExecutor(
            0,
            MAX_ASKING,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> {
              Thread thread = new Thread(work, "drawbridge-revocation");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Begins to find out.
   *
   * @throws RefusedException with {@code auth_unavailable} when too many ask already
   */
  public Answer ask(Revocations.Token token) {
    Boolean known =
        revocations instanceof Remembering remembering ? remembering.remembered(token) : null;
    if (known != null) {
      return new Answer(known, null);
    }
    FutureTask<Boolean> task =
        new FutureTask<>(
            () -> revocations.isRevoked(token.subject(), token.tokenId(), token.issuedAt()));
    try {
      threads.execute(task);
    } catch (RejectedExecutionException e) {
      log.debug("more than {} handshakes ask for revocations", MAX_ASKING);
      throw unavailable();
    }
    return new Answer(null, task);
  }

  private static RefusedException unavailable() {
    return Refusals.refuse(RefusalCode.AUTH_UNAVAILABLE, "revocations cannot be read now");
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
