package dev.drawbridge.endpoint.internal.channels.log;

import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings.Publish;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings.Resume;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What channels have done, for metrics and the diagnostics page. Thread-safe. */
public final class ChannelFigures {
  /** Outcomes of resumes that are remembered one by one: {@value}. */
  static final int RECENT = 512;

  /** Names without a rule that are remembered, the last: {@value}. */
  static final int NAMES = 8;

  /**
   * Something that has happened more than once.
   *
   * @param nanos when last, by {@link System#nanoTime}
   */
  public record Last<T>(T what, long nanos) {}

  /** Frames given to connections as they came. */
  public final LongAdder deliveries = new LongAdder();

  /** Frames that were replayed. */
  public final LongAdder replayed = new LongAdder();

  /** Entries of a later version. */
  public final LongAdder skipped = new LongAdder();

  private final Map<Publish, LongAdder> publishes = adders(Publish.class);
  private final Map<Resume, LongAdder> resumes = adders(Resume.class);
  private final Map<ResetReason, LongAdder> resets = adders(ResetReason.class);
  private final LongAdder leasesLost = new LongAdder();

  /** Null before the first. */
  private volatile @Nullable Last<ResetReason> lastReset;

  /** As above. */
  private volatile @Nullable Last<String> lastLeaseLost;

  /** The newest resumes, a ring. Guarded by itself. */
  private final Last<?>[] recent = new Last<?>[RECENT];

  /** Guarded by {@link #recent}. */
  private int next;

  /** How often each was asked for, and when last. Guarded by itself. */
  private final Map<String, Last<Integer>> withoutRule =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Last<Integer>> eldest) {
          return size() > NAMES;
        }
      };

  private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> type) {
    Map<E, LongAdder> all = new EnumMap<>(type);
    for (E one : type.getEnumConstants()) {
      all.put(one, new LongAdder());
    }
    return all;
  }

  private static <E extends Enum<E>> LongAdder of(Map<E, LongAdder> all, E one) {
    return Objects.requireNonNull(all.get(one));
  }

  /** A publish has ended. */
  public void count(Publish outcome) {
    of(publishes, outcome).increment();
  }

  /** A client that wanted to go on has its answer. */
  public void count(Resume outcome) {
    of(resumes, outcome).increment();
    synchronized (recent) {
      recent[next] = new Last<>(outcome, System.nanoTime());
      next = (next + 1) % RECENT;
    }
  }

  /** This server goes on from another place. */
  public void count(ResetReason reason) {
    of(resets, reason).increment();
    lastReset = new Last<>(reason, System.nanoTime());
  }

  /** A lease has ended. */
  public void leaseLost(String why) {
    leasesLost.increment();
    lastLeaseLost = new Last<>(why, System.nanoTime());
  }

  /** Somebody has asked for a channel that has no rule; its name is a valid one. */
  public void withoutRule(String channel) {
    if (channel.startsWith(ChannelNames.OWN)) {
      // No rule is for users' own channels.
      return;
    }
    synchronized (withoutRule) {
      Last<Integer> before = withoutRule.get(channel);
      withoutRule.put(
          channel, new Last<>(before == null ? 1 : before.what() + 1, System.nanoTime()));
    }
  }

  /** How many publishes have ended so. */
  public long publishes(Publish outcome) {
    return of(publishes, outcome).sum();
  }

  /** How many clients that wanted to go on from a position have got this answer. */
  public long resumes(Resume outcome) {
    return of(resumes, outcome).sum();
  }

  /** Times that this server had to go on from another place. */
  public long resets(ResetReason reason) {
    return of(resets, reason).sum();
  }

  /** The same for any reason. */
  public long resets() {
    return resets.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** The last of them. */
  public @Nullable Last<ResetReason> lastReset() {
    return lastReset;
  }

  /** Leases of this server that have ended before it renewed them. */
  public long leasesLost() {
    return leasesLost.sum();
  }

  /** The last of them, with the engine's words. */
  public @Nullable Last<String> lastLeaseLost() {
    return lastLeaseLost;
  }

  /** The last {@value #RECENT} resumes that are not older than this, by what became of them. */
  public Map<Resume, Integer> recentResumes(long maxAgeNanos) {
    Map<Resume, Integer> counts = new EnumMap<>(Resume.class);
    long now = System.nanoTime();
    synchronized (recent) {
      for (Last<?> one : recent) {
        if (one != null && now - one.nanos() <= maxAgeNanos && one.what() instanceof Resume what) {
          counts.merge(what, 1, Integer::sum);
        }
      }
    }
    return counts;
  }

  /** The last channels without a rule that were asked for lately, and how often. */
  public Map<String, Integer> withoutRule(long maxAgeNanos) {
    long now = System.nanoTime();
    Map<String, Integer> lately = new TreeMap<>();
    synchronized (withoutRule) {
      withoutRule.forEach(
          (name, last) -> {
            if (now - last.nanos() <= maxAgeNanos) {
              lately.put(name, last.what());
            }
          });
    }
    return lately;
  }
}
