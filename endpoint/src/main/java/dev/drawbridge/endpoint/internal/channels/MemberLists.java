package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the roster who is there, and knows what it said last while it is away. Thread-safe. */
final class MemberLists {
  private static final Logger log = LoggerFactory.getLogger(MemberLists.class);

  /** Lists that are told again while the engine is away. */
  private static final int REMEMBERED = 256;

  private final ClusterEngine engine;
  private final int max;

  /** Guarded by itself. */
  private final Map<String, Members> last =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Members> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * Knows nothing yet.
   *
   * @param max most names in a list
   */
  MemberLists(ClusterEngine engine, int max) {
    this.engine = engine;
    this.max = max;
  }

  /** Who is in a channel; partial when it is not of now. Blocks as long as the roster does. */
  Members members(String channel) {
    try {
      Members members = engine.roster().members(ChannelNames.group(channel), max);
      synchronized (last) {
        last.put(channel, members);
      }
      return members;
    } catch (EngineException e) {
      log.debug("the roster is out of reach: {}", e.getMessage());
      return before(channel);
    }
  }

  private Members before(String channel) {
    @Nullable Members known;
    synchronized (last) {
      known = last.get(channel);
    }
    return known == null
        ? new Members(0, 0, List.of(), true)
        : new Members(known.seq(), known.count(), known.list(), true);
  }
}
