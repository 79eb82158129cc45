package dev.drawbridge.sample;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import jakarta.servlet.ServletContext;

/**
 * The log of the channels in dev mode, which a person can lose from the page: what a restart of the
 * server, or of what keeps the log, does to the clients. It is the endpoint's own memory engine;
 * only the handle on its log is kept, which no application needs.
 */
final class DemoLog {
  private static final String LOG = DemoLog.class.getName();

  private DemoLog() {}

  /** Before the endpoint starts, and only where the application has brought no engine. */
  static void install(ServletContext context) {
    if (context.getAttribute(ClusterEngine.class.getName()) == null) {
      MemoryLog log = new MemoryLog(0, System::currentTimeMillis);
      context.setAttribute(LOG, log);
      context.setAttribute(ClusterEngine.class.getName(), new MemoryEngine(log));
    }
  }

  /**
   * Begins a new log, as if the old one were lost.
   *
   * @return false when there is none of ours
   */
  static boolean lose(ServletContext context) {
    if (context.getAttribute(LOG) instanceof MemoryLog log) {
      log.restart(ResetReason.LOG_LOST);
      return true;
    }
    return false;
  }

  /** After the endpoint has stopped. */
  static void remove(ServletContext context) {
    if (context.getAttribute(LOG) != null) {
      context.removeAttribute(LOG);
      context.removeAttribute(ClusterEngine.class.getName());
    }
  }
}
