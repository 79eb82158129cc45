package dev.drawbridge.endpoint.cluster;

import java.util.Locale;

/** Why a node cannot go on from where it was. Immutable. */
public enum ResetReason {
  /** The engine is reached for the first time. */
  STARTED,
  /** The log or its head is gone. */
  LOG_LOST,
  /** The head is below what this node has seen: a backup, a failover that lost the tail. */
  HEAD_WENT_BACK,
  /** Another process answers, or another node has opened a new epoch. */
  ENGINE_CHANGED,
  /** The log was trimmed past this node's cursor; the epoch goes on. */
  TRIMMED;

  /** As it stands in metrics and on the diagnostics page: lower snake case. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
