package dev.drawbridge.db;

/** What JMX shows of a {@link Database}; see {@link DbMetrics}. */
public interface DatabaseMXBean {
  /** UP, DEGRADED or DOWN. */
  String getHealth();

  int getActive();

  int getIdle();

  int getWaiting();

  int getMax();

  int getOpenSessions();

  long getAcquired();

  long getBusy();

  long getUnavailable();

  long getLeaks();
}
