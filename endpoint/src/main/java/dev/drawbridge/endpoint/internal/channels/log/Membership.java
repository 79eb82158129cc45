package dev.drawbridge.endpoint.internal.channels.log;

import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;

/** Learns who is subscribed where. Called by the tail; nothing blocks. */
public interface Membership {
  /** A connection is subscribed to a channel that has members. */
  void entered(Subscriber subscriber, String channel);

  /** It is not any more; also for channels that have none. */
  void left(Subscriber subscriber, String channel);

  /** The roster may have lost what this node has told it. */
  void restarted();
}
