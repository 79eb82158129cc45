package dev.drawbridge.endpoint.internal.channels.log;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.ResetReason;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that owns the {@link ChannelLog}: entries of the engine and what connections want come
 * to it one after the other. Thread-safe; {@link #work} is for its own thread alone.
 */
public final class Tail implements ClusterEngine.Sink {
  private static final Logger log = LoggerFactory.getLogger(Tail.class);

  /** How often it looks at what time alone changes: {@value} ms. */
  static final long TICK_MS = 100;

  /** Beyond so many entries an engine with a thread of its own waits: {@value}. */
  public static final int MAX_ENTRIES = 10_000;

  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(TICK_MS);

  private final ChannelLog channels;
  private final Appender appender;
  private final int maxEntries;
  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final AtomicInteger entries = new AtomicInteger();

  /** Also called at each tick. */
  private volatile LongConsumer onTick = nowNanos -> {};

  /** Own thread only. */
  private long lastTickNanos = System.nanoTime();

  /** Null while the thread runs. */
  private volatile @Nullable Runnable onPost;

  private volatile boolean stopped;

  /**
   * A tail that does not run.
   *
   * @param maxEntries beyond so many {@link #entry} blocks; where the engine calls it with a lock
   *     held, {@link Integer#MAX_VALUE}, because this thread may need that lock
   */
  public Tail(ChannelLog channels, Appender appender, int maxEntries) {
    this.maxEntries = maxEntries;
    this.channels = channels;
    this.appender = appender;
  }

  /** Has something done by the thread, after what it was given before. */
  public void post(Runnable task) {
    if (!stopped) {
      tasks.add(task);
      Runnable asked = onPost;
      if (asked != null) {
        asked.run();
      }
    }
  }

  /** Told that there is something to do, while the thread does not run; null ends it. */
  public void onPost(@Nullable Runnable action) {
    onPost = action;
    if (action != null && !tasks.isEmpty()) {
      action.run();
    }
  }

  /** Told the time, by {@link System#nanoTime}, at each tick of the thread; nothing blocks. */
  public void onTick(LongConsumer action) {
    onTick = action;
  }

  @Override
  public void entry(Entry entry) {
    while (entries.get() >= maxEntries && !stopped) {
      LockSupport.parkNanos(TICK_NANOS / 100);
    }
    entries.incrementAndGet();
    post(
        () -> {
          entries.decrementAndGet();
          channels.entry(entry, System.nanoTime());
        });
  }

  @Override
  public void reset(Head head, ResetReason reason) {
    post(() -> channels.restart(head, reason));
  }

  /** Does what waits, and looks at the time; does not wait itself. */
  public void work(long nowNanos) {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      run(task);
    }
    tick(nowNanos);
  }

  private void tick(long nowNanos) {
    if (nowNanos - lastTickNanos >= TICK_NANOS) {
      lastTickNanos = nowNanos;
      run(() -> channels.tick(nowNanos));
      run(() -> appender.expire(nowNanos));
      run(() -> onTick.accept(nowNanos));
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      // One connection's trouble must not stop the others'.
      log.error("the tail of the channels failed in a task", e);
    }
  }

  /** The thread's life. */
  public void run() {
    while (!stopped) {
      @Nullable Runnable task = null;
      try {
        task = tasks.poll(TICK_MS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        // Only the stop is a reason to end.
        Thread.interrupted();
      }
      if (task != null) {
        run(task);
      }
      tick(System.nanoTime());
    }
  }

  /** Ends the thread; what waits is forgotten. */
  public void stop() {
    stopped = true;
    tasks.clear();
    tasks.add(() -> {});
  }
}
