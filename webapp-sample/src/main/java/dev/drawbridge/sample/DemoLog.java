package dev.drawbridge.sample;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.MemoryCluster;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.ServletContext;

/**
 * The log of the channels in dev mode, which a person can lose from the page: what a restart of the
 * server, or of what keeps the log, does to the clients. It is the endpoint's own memory engine,
 * kept here so that it can be told to lose its log.
 */
final class DemoLog {
  private static final String LOG = DemoLog.class.getName();

  private DemoLog() {}

  /** Before the endpoint starts, and only where nobody wants another engine. */
  static void install(ServletContext context, Settings settings) {
    String wanted = settings.string(Setting.CLUSTER);
    if (context.getAttribute(ClusterEngine.class.getName()) == null
        && (wanted == null || wanted.equals("none") || wanted.equals("memory"))) {
      MemoryCluster cluster = new MemoryCluster();
      context.setAttribute(LOG, cluster);
      context.setAttribute(ClusterEngine.class.getName(), cluster.engine());
    }
  }

  /**
   * Begins a new log, as if the old one were lost.
   *
   * @return false when there is none of ours
   */
  static boolean lose(ServletContext context) {
    if (context.getAttribute(LOG) instanceof MemoryCluster cluster) {
      cluster.loseLog();
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
