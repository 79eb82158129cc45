package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Rules by prefix of the channel. Immutable. */
public final class Rules {
  private final TreeMap<String, Rule> byPrefix;

  /** Takes rules as they are. */
  public Rules(Map<String, ? extends Rule> byPrefix) {
    this.byPrefix = new TreeMap<>(byPrefix);
  }

  /** The rule of the longest prefix; null when there is none, or for a name of users' own. */
  public @Nullable Rule find(String channel) {
    if (channel.startsWith(ChannelNames.OWN)) {
      return null;
    }
    // Every prefix of the name sorts before it, the longest last; what lies between is none.
    String key = byPrefix.floorKey(channel);
    while (key != null && !channel.startsWith(key)) {
      int common = common(key, channel);
      key = byPrefix.floorKey(channel.substring(0, common));
    }
    return key == null ? null : byPrefix.get(key);
  }

  private static int common(String one, String other) {
    int length = Math.min(one.length(), other.length());
    int i = 0;
    while (i < length && one.charAt(i) == other.charAt(i)) {
      i++;
    }
    return i;
  }

  /** True if nobody may subscribe to more than the own channel. */
  public boolean isEmpty() {
    return byPrefix.isEmpty();
  }

  /** The prefixes, sorted. */
  public Iterable<String> prefixes() {
    return Collections.unmodifiableSet(byPrefix.keySet());
  }
}
