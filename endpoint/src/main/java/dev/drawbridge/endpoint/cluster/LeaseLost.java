package dev.drawbridge.endpoint.cluster;

/**
 * The node's lease has ended: nothing was done. The node takes a new one by {@link Roster#begin}.
 */
public final class LeaseLost extends EngineException {
  private static final long serialVersionUID = 1L;

  /** Says whose lease. */
  public LeaseLost(String node) {
    super(Outcome.NOT_SENT, "the lease of node " + node + " has ended");
  }
}
