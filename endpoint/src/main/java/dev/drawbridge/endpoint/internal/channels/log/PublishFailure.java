package dev.drawbridge.endpoint.internal.channels.log;

/** What became of a publish that has no position. */
public enum PublishFailure {
  /** It is certainly not in the log and never will be. */
  UNAVAILABLE,
  /** The same, because too many wait already. */
  FULL,
  /** The same, because this node has ended. */
  STOPPED,
  /** It may be in the log, now or later. */
  UNKNOWN
}
