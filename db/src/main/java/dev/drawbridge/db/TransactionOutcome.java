package dev.drawbridge.db;

/** How a transaction ended. */
public enum TransactionOutcome {
  COMMITTED,
  ROLLED_BACK,
  /** The connection broke during commit; treat what was written as possibly there. */
  UNKNOWN
}
