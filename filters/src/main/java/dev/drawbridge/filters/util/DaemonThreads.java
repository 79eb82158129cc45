package dev.drawbridge.filters.util;

import java.util.concurrent.ThreadFactory;

/** Makes the threads of pools and timers. Stateless. */
public final class DaemonThreads {
  private DaemonThreads() {}

  /**
   * Daemon threads of one name, with the context class loader of the thread that calls this: a pool
   * may grow on a thread of the container's, whose class loader knows no class of the application.
   */
  public static ThreadFactory named(String name) {
    ClassLoader classLoader = Thread.currentThread().getContextClassLoader();
    return work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      thread.setContextClassLoader(classLoader);
      return thread;
    };
  }
}
