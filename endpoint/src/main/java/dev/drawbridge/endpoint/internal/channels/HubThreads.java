package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.internal.channels.log.Appender;
import dev.drawbridge.endpoint.internal.channels.log.Tail;
import dev.drawbridge.endpoint.internal.channels.presence.Presence;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The three threads of a hub: they begin at once, or with the first use, and end together.
 * Thread-safe.
 */
final class HubThreads {
  private static final long JOIN_MS = 2_000;
  private static final String ROSTER = "roster";

  /** Whether they run. */
  private enum Phase {
    NEW,
    /** Started, but nobody has used it. */
    IDLE,
    RUNNING,
    STOPPED
  }

  private final Tail tail;
  private final Appender appender;
  private final Presence presence;

  /** Guarded by itself. */
  private final List<Thread> threads = new ArrayList<>();

  /** Changed with {@link #threads} locked. */
  private volatile Phase phase = Phase.NEW;

  HubThreads(Tail tail, Appender appender, Presence presence) {
    this.tail = tail;
    this.appender = appender;
    this.presence = presence;
  }

  /**
   * Called once, when the engine has started.
   *
   * @param atOnce false where the first use will do
   */
  void start(boolean atOnce) {
    synchronized (threads) {
      add("tail", tail::run);
      add("writer", appender::run);
      add(ROSTER, presence::run);
      phase = Phase.IDLE;
    }
    if (atOnce) {
      begin();
    } else {
      // The log of memory is open after this.
      tail.work(System.nanoTime());
      tail.onPost(this::begin);
    }
  }

  private void add(String name, Runnable life) {
    Thread thread = new Thread(life, "drawbridge-channels-" + name);
    thread.setDaemon(true);
    threads.add(thread);
  }

  /** Something is to be done: starts them, if nobody has. */
  void begin() {
    if (phase == Phase.IDLE) {
      synchronized (threads) {
        if (phase == Phase.IDLE) {
          phase = Phase.RUNNING;
          tail.onPost(null);
          threads.forEach(Thread::start);
        }
      }
    }
  }

  boolean isRunning() {
    return phase == Phase.RUNNING;
  }

  boolean isStopped() {
    return phase == Phase.STOPPED;
  }

  /** Has them end, whatever they do; {@link #join} waits for it. */
  void stop() {
    synchronized (threads) {
      phase = Phase.STOPPED;
      tail.onPost(null);
    }
    appender.stop();
    presence.stop();
    tail.stop();
  }

  /** Waits for what the roster is told at the end. */
  void joinRoster() {
    List<Thread> all;
    synchronized (threads) {
      all = List.copyOf(threads);
    }
    try {
      for (Thread thread : all) {
        if (thread.getName().endsWith(ROSTER)) {
          thread.join(JOIN_MS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void join() {
    List<Thread> ending;
    synchronized (threads) {
      ending = List.copyOf(threads);
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(JOIN_MS);
    for (Thread thread : ending) {
      try {
        thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
