package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import java.util.Collection;
import java.util.List;
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

  /**
   * Those in which a user may subscribe, and those of them in which it may see who is there: two
   * questions, or one where somebody knows both at once.
   */
  default Both subscribeAndSee(Subscriber subscriber, Collection<String> channels)
      throws Exception {
    Set<String> subscribe = allowed(subscriber, Action.SUBSCRIBE, List.copyOf(channels));
    List<String> granted = channels.stream().filter(subscribe::contains).toList();
    return new Both(
        subscribe, granted.isEmpty() ? Set.of() : allowed(subscriber, Action.PRESENCE, granted));
  }

  /** What {@link #subscribeAndSee} says; either may name channels that nobody has asked for. */
  record Both(Set<String> subscribe, Set<String> see) {}

  /** True if subscribers are members, whom those who may can see. */
  boolean hasPresence();
}
