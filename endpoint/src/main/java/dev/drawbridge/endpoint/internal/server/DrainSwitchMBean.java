package dev.drawbridge.endpoint.internal.server;

/** What an operator sees of an endpoint over JMX, and can do. */
public interface DrainSwitchMBean {
  /** Open connections. */
  int getConnections();

  /** True once a drain has begun. */
  boolean isDraining();

  /** Begins to empty the endpoint; returns at once. */
  void drain();
}
