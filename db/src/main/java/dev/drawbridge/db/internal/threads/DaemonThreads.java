package dev.drawbridge.db.internal.threads;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes the threads of pools and timers: daemons with the context class loader of the thread that
 * asked for the factory, because a pool may grow on a thread of the container's. Stateless.
 */
public final class DaemonThreads {
  private DaemonThreads() {}

  /** Threads of one name. */
  public static ThreadFactory named(String name) {
    ClassLoader classLoader = Thread.currentThread().getContextClassLoader();
    return work -> daemon(work, name, classLoader);
  }

  /**
   * Threads of this name with a number behind it.
   *
   * @param last the last number that was given; shared by factories whose threads must differ
   */
  public static ThreadFactory numbered(String name, AtomicInteger last) {
    ClassLoader classLoader = Thread.currentThread().getContextClassLoader();
    return work -> daemon(work, name + last.incrementAndGet(), classLoader);
  }

  private static Thread daemon(Runnable work, String name, ClassLoader classLoader) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.setContextClassLoader(classLoader);
    return thread;
  }
}
