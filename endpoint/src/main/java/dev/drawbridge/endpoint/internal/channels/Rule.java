package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import java.util.Collection;
import java.util.Set;

/** What may be done in the channels of one prefix. Thread-safe. */
public interface Rule {
  /** What somebody wants to do in a channel. */
  enum Action {
    SUBSCRIBE,
    PUBLISH,
    PRESENCE
  }

  /**
   * Those of the channels in which a user may do it. Called on the pool of handlers; may block.
   *
   * @return may name channels that nobody has asked for: they do not count
   */
  Set<String> allowed(Subscriber subscriber, Action action, Collection<String> channels)
      throws Exception;

  /** True if subscribers are members, whom those who may can see. */
  boolean hasPresence();
}
