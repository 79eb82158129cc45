package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the roster who is there, and knows what it said last while it is away. After a reset all
 * clients of a channel ask: whoever does so while the roster is asked, or within {@value
 * #SHARED_MS} ms after that, has the same answer, unless this node has seen more of the log than it
 * tells. Thread-safe.
 */
final class MemberLists {
  private static final Logger log = LoggerFactory.getLogger(MemberLists.class);

  /** Lists that are told again while the engine is away. */
  private static final int REMEMBERED = 256;

  /** For how long an answer is good for others, if nothing came and went meanwhile: {@value} ms. */
  static final long SHARED_MS = 100;

  /**
   * Longest wait for the answer of another one, which the roster gives within that: {@value} ms.
   */
  private static final long MAX_WAIT_MS = 2_000;

  /** Answers of others that were too old, before one asks by itself. */
  private static final int MAX_JOINED = 3;

  private static final long SHARED_NANOS = TimeUnit.MILLISECONDS.toNanos(SHARED_MS);

  /**
   * One question.
   *
   * @param from where this node was when it was asked; null while the log is not open
   * @param atNanos when it was asked
   */
  private record Asked(@Nullable Position from, long atNanos, CompletableFuture<Members> answer) {}

  private final ClusterEngine engine;
  private final int max;
  private final Supplier<@Nullable Position> position;

  /** By channel. Guarded by itself. */
  private final Map<String, Asked> asked = new LinkedHashMap<>();

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
   * @param position where this node is in the log
   */
  MemberLists(ClusterEngine engine, int max, Supplier<@Nullable Position> position) {
    this.position = position;
    this.engine = engine;
    this.max = max;
  }

  /** Who is in a channel; partial when it is not of now. Blocks as long as the roster does. */
  Members members(String channel) {
    Position now = position.get();
    for (int i = 0; i < MAX_JOINED; i++) {
      Asked mine = new Asked(position.get(), System.nanoTime(), new CompletableFuture<>());
      Asked other = other(channel, mine, now);
      if (other == null) {
        return ask(channel, mine);
      }
      Members members = joined(other);
      if (members != null && isOf(other, members, now)) {
        return members;
      }
    }
    return ask(channel);
  }

  /** Who asks already, or has asked a moment ago; null when the caller is the one that asks. */
  private @Nullable Asked other(String channel, Asked mine, @Nullable Position now) {
    synchronized (asked) {
      asked
          .values()
          .removeIf(one -> one.answer.isDone() && mine.atNanos - one.atNanos >= SHARED_NANOS);
      Asked other = asked.get(channel);
      if (other != null) {
        Members members = other.answer.getNow(null);
        if (members == null || isOf(other, members, now)) {
          return other;
        }
      }
      asked.put(channel, mine);
      return null;
    }
  }

  /** Who comes and goes is in the log: an answer from before one's position misses it. */
  private static boolean isOf(Asked other, Members members, @Nullable Position now) {
    return Objects.equals(other.from, now)
        || (other.from != null
            && now != null
            && other.from.epoch().equals(now.epoch())
            && members.seq() >= now.seq());
  }

  /** Null when the one that asked has failed: that one is told why. */
  private static @Nullable Members joined(Asked other) {
    try {
      return other.answer.get(MAX_WAIT_MS, TimeUnit.MILLISECONDS);
    } catch (CancellationException | ExecutionException | TimeoutException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private Members ask(String channel, Asked mine) {
    try {
      Members members = ask(channel);
      mine.answer.complete(members);
      return members;
    } finally {
      // Nothing where it has its answer.
      if (!mine.answer.isDone()) {
        forget(channel, mine);
        mine.answer.cancel(false);
      }
    }
  }

  private void forget(String channel, Asked mine) {
    synchronized (asked) {
      asked.remove(channel, mine);
    }
  }

  private Members ask(String channel) {
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
