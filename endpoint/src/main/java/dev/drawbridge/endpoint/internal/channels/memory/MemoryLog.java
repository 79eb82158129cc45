package dev.drawbridge.endpoint.internal.channels.memory;

import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The log of a {@link MemoryEngine}, which several engines of one process may share: a simulation,
 * or a test. Thread-safe; sinks are called under its lock, so that each gets the same order, and
 * must not wait there.
 */
public final class MemoryLog {
  private static final long OUTBOX_KEYS_MS = TimeUnit.HOURS.toMillis(Entry.OUTBOX_KEY_HOURS);

  /** More are not worth their memory: the process that would bring them again is this one. */
  private static final int MAX_OUTBOX_KEYS = 200_000;

  /** What is known of a key. */
  private record Known(long seq, long atMillis) {}

  private final int kept;
  private final LongSupplier clock;
  private final SecureRandom random = new SecureRandom();
  private final MemoryMembers members = new MemoryMembers();

  /** By node. Guarded by this, as all below. */
  private final Map<String, MemoryEngine> engines = new HashMap<>();

  /** How many. Written under the lock. */
  private volatile int attached;

  /** The last entries, for engines that come later. */
  private final ArrayDeque<Entry> entries = new ArrayDeque<>();

  /** The highest {@code n} of each node in this epoch. */
  private final Map<String, Long> numbers = new HashMap<>();

  /** Oldest first. */
  private final Map<String, Known> keys = new LinkedHashMap<>();

  /** Those of the outbox, oldest first. Who has brought a message forgets its key in time. */
  private final Map<String, Known> outboxKeys = new LinkedHashMap<>();

  private String epoch;
  private String identity;
  private long top;

  /**
   * Where the log is. Written under the lock and read without it: sinks are called under the lock,
   * and what they feed must not wait for them.
   */
  private volatile At at;

  /** As of {@link Head}, but for when it was read. */
  private record At(String epoch, long start, long top, String identity) {}

  /**
   * An empty log.
   *
   * @param kept how many entries an engine that starts later is given; 0 where there is one only
   * @param clock epoch milliseconds
   */
  public MemoryLog(int kept, LongSupplier clock) {
    this.kept = kept;
    this.clock = clock;
    this.epoch = Position.newEpoch(random);
    this.identity = Position.newEpoch(random);
    this.at = new At(epoch, 0, 0, identity);
  }

  long now() {
    return clock.getAsLong();
  }

  /** Who is where. Guarded by this log. */
  MemoryMembers members() {
    return members;
  }

  /** Does not wait. */
  Head head() {
    long begun = System.nanoTime();
    At now = at;
    return new Head(now.epoch, now.start, now.top, now.identity, begun);
  }

  synchronized void attach(MemoryEngine engine) {
    String id = engine.node().id();
    if (engines.putIfAbsent(id, engine) != null) {
      throw new IllegalStateException("a node of this id is there already: " + id);
    }
    attached = engines.size();
    tell(engine, ResetReason.STARTED);
  }

  synchronized void detach(MemoryEngine engine) {
    engines.remove(engine.node().id(), engine);
    attached = engines.size();
  }

  /** Does not wait. */
  int engines() {
    return attached;
  }

  private void tell(MemoryEngine engine, ResetReason reason) {
    engine.sink().reset(head(), reason);
    entries.forEach(engine.sink()::entry);
  }

  /** As {@link dev.drawbridge.endpoint.cluster.ClusterEngine#append} says. */
  synchronized void append(Node node, List<Entry> batch) throws EngineException {
    for (Entry draft : batch) {
      if (!draft.epoch().equals(epoch) || draft.seq() > top) {
        throw new EngineException(
            EngineException.Outcome.NOT_SENT, "refused: the log has another epoch or a lower head");
      }
    }
    for (Entry draft : batch) {
      long last = numbers.getOrDefault(node.id(), 0L);
      if (draft.n() > last) {
        numbers.put(node.id(), draft.n());
        add(node, draft);
      }
    }
  }

  /** Appends the presence entry of a channel, by order of the roster. */
  synchronized void appendPresence(Node node, Entry draft) {
    add(node, draft.from(new Position(epoch, top), node.id(), 0));
  }

  private void add(Node node, Entry draft) {
    long now = now();
    Position position = new Position(epoch, top + 1);
    Known known = known(node, draft.key(), now);
    Entry entry =
        known == null ? draft.logged(position, now) : draft.repeated(position, now, known.seq());
    if (draft.key() != null && known == null) {
      keysLike(draft.key()).put(draft.key(), new Known(position.seq(), now));
    }
    top++;
    if (kept > 0) {
      entries.add(entry);
      if (entries.size() > kept) {
        entries.remove();
      }
    }
    at = new At(epoch, top - entries.size(), top, identity);
    engines.values().forEach(engine -> engine.sink().entry(entry));
  }

  private Map<String, Known> keysLike(String key) {
    return key.startsWith(Entry.OUTBOX_KEY) ? outboxKeys : keys;
  }

  /** As {@link dev.drawbridge.endpoint.cluster.ClusterEngine#forget} says. */
  synchronized void forget(List<String> known) {
    known.forEach(key -> keysLike(key).remove(key));
  }

  private @Nullable Known known(Node node, @Nullable String key, long now) {
    Iterator<Known> first = outboxKeys.values().iterator();
    while (first.hasNext()) {
      boolean fresh = now - first.next().atMillis <= OUTBOX_KEYS_MS;
      if (fresh && outboxKeys.size() <= MAX_OUTBOX_KEYS) {
        break;
      }
      first.remove();
    }
    Iterator<Known> oldest = keys.values().iterator();
    while (oldest.hasNext()) {
      Known one = oldest.next();
      if (now - one.atMillis <= node.window().toMillis() && top - one.seq < node.windowEntries()) {
        break;
      }
      oldest.remove();
    }
    return key == null ? null : keysLike(key).get(key);
  }

  /**
   * Ends the epoch, as a lost log does.
   *
   * @param reason what the engines are told
   */
  public synchronized void restart(ResetReason reason) {
    epoch = Position.newEpoch(random);
    identity = Position.newEpoch(random);
    top = 0;
    at = new At(epoch, 0, 0, identity);
    entries.clear();
    numbers.clear();
    keys.clear();
    outboxKeys.clear();
    members.clear();
    engines.values().forEach(engine -> tell(engine, reason));
  }
}
