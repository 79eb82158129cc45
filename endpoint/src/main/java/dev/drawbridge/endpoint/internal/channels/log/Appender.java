package dev.drawbridge.endpoint.internal.channels.log;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EntriesRefused;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of a node: takes what waits, appends it in a batch, and goes on when the batch is
 * settled, which the tail alone can say. Thread-safe; {@link #work} is for its own thread, {@link
 * #tailed} and {@link #restarted} for the tail.
 *
 * <p>A batch whose outcome is not known is appended again with the same numbers: the log skips what
 * it has. A message that has waited for {@value #TIMEOUT_MS} ms is given up; if it was never handed
 * to the engine it is taken out of the queue first, so that its failure is certain. Control entries
 * wait for as long as it takes, but for hints: those are of use now or not at all.
 */
public final class Appender {
  private static final Logger log = LoggerFactory.getLogger(Appender.class);

  /** Longest wait of a message: {@value} ms. */
  static final long TIMEOUT_MS = 2_000;

  /** Most control entries that wait; with one more they become a single "check everything". */
  public static final int MAX_CONTROLS = 1_000;

  /** Most hints that wait; one more is dropped: {@value}. */
  static final int MAX_HINTS = 1_000;

  /** Most characters of messages that wait. */
  static final long MAX_WAITING_CHARACTERS = 4L * 1024 * 1024;

  private static final long TIMEOUT_NANOS = TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS);
  private static final long MIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** While nothing waits; whoever publishes rings. */
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Who waits for one publish. Called once, by the tail, the writer or the caller. */
  public interface Outcome {
    /**
     * It is in the log.
     *
     * @param repeat this is the position of an earlier one with the same key
     */
    void appended(Position position, boolean repeat);

    /** It is not, or nobody knows. */
    void failed(PublishFailure failure);
  }

  /** One entry on its way. */
  private static final class Pending {
    private final Entry draft;
    private final Outcome outcome;
    private final long sinceNanos;
    private final boolean hint;

    /** Its number, 0 before it is first handed to the engine. Guarded by the appender. */
    private long n;

    private Pending(Entry draft, Outcome outcome, long sinceNanos, boolean hint) {
      this.draft = draft;
      this.outcome = outcome;
      this.sinceNanos = sinceNanos;
      this.hint = hint;
    }

    private Pending(Entry draft, Outcome outcome, long sinceNanos) {
      this(draft, outcome, sinceNanos, false);
    }

    /** One that is appended whatever happens. */
    private boolean isControl() {
      return draft.kind() == Entry.Kind.CONTROL && !hint;
    }

    /** What "check everything" stands for without anybody who must hear of it. */
    private boolean isSilentControl() {
      return isControl() && outcome == NOBODY;
    }

    private boolean isLate(long nowNanos) {
      return !isControl() && nowNanos - sinceNanos > TIMEOUT_NANOS;
    }
  }

  private static final Outcome NOBODY =
      new Outcome() {
        @Override
        public void appended(Position position, boolean repeat) {
          // Nobody asks.
        }

        @Override
        public void failed(PublishFailure failure) {
          // Nobody asks.
        }
      };

  private final ClusterEngine engine;
  private final String node;
  private final Supplier<@Nullable Position> tailed;
  private final int maxWaiting;

  /** Never handed to the engine. Guarded by this, as all below. */
  private final ArrayDeque<Pending> queue = new ArrayDeque<>();

  /** The batch that is not settled, in the order of its numbers. */
  private final ArrayDeque<Pending> flight = new ArrayDeque<>();

  private int waitingMessages;
  private long waitingCharacters;
  private int waitingControls;
  private int waitingHints;

  /** One that has been handed to the engine may be in the log, whatever the engine says later. */
  private boolean maybeAppended;

  /** The engine has taken the batch, so that it comes through the tail. */
  private boolean taken;

  /** Another batch than the one that a call of the engine was begun with. */
  private long generation;

  private long lastNumber;
  private long nextTryNanos = System.nanoTime();
  private long pauseNanos = MIN_PAUSE_NANOS;
  private boolean stopped;

  /** How far the engine's clock is ahead of this server's, 0 as long as both may be right. */
  private volatile long clockAheadMillis;

  /** Something has changed since the writer looked. */
  private boolean rung;

  /**
   * An appender.
   *
   * @param tailed where the tail is; null while the log is not open
   */
  public Appender(
      ClusterEngine engine, String node, int maxWaiting, Supplier<@Nullable Position> tailed) {
    this.engine = engine;
    this.node = node;
    this.maxWaiting = maxWaiting;
    this.tailed = tailed;
  }

  /** Takes a message; its failure may be told before this returns. */
  public void publish(Entry draft, Outcome outcome) {
    PublishFailure why;
    synchronized (this) {
      why = stopped ? PublishFailure.STOPPED : PublishFailure.FULL;
      if (!stopped
          && waitingMessages < maxWaiting
          && waitingCharacters + draft.text().length() <= MAX_WAITING_CHARACTERS) {
        queue.add(new Pending(draft, outcome, System.nanoTime()));
        waitingMessages++;
        waitingCharacters += draft.text().length();
        ring();
        return;
      }
    }
    outcome.failed(why);
  }

  /**
   * Takes messages that stay together: all of them or none, with one time-out, so that none is
   * given up while a later one is appended. Their failure may be told before this returns.
   *
   * @param drafts at most as many as may wait
   */
  public void publish(List<Entry> drafts, List<? extends Outcome> outcomes) {
    long characters = drafts.stream().mapToLong(draft -> draft.text().length()).sum();
    PublishFailure why;
    synchronized (this) {
      why = stopped ? PublishFailure.STOPPED : PublishFailure.FULL;
      if (!stopped
          && waitingMessages + drafts.size() <= maxWaiting
          && waitingCharacters + characters <= MAX_WAITING_CHARACTERS) {
        long now = System.nanoTime();
        for (int i = 0; i < drafts.size(); i++) {
          queue.add(new Pending(drafts.get(i), outcomes.get(i), now));
        }
        waitingMessages += drafts.size();
        waitingCharacters += characters;
        ring();
        return;
      }
    }
    for (Outcome outcome : outcomes) {
      outcome.failed(why);
    }
  }

  /**
   * Takes a control entry, which is appended whatever happens, but for the end of the process and
   * for too many that wait: then those that nobody waits for become one that stands for them; where
   * these are few, all do, and whoever waits is told {@link PublishFailure#FULL}.
   *
   * @param everything what stands for control entries when too many wait
   * @param outcome null when nobody waits
   */
  public void control(Entry draft, Entry everything, @Nullable Outcome outcome) {
    Pending one = new Pending(draft, outcome == null ? NOBODY : outcome, System.nanoTime());
    List<Pending> dropped = new ArrayList<>();
    PublishFailure why = PublishFailure.FULL;
    synchronized (this) {
      if (stopped) {
        dropped.add(one);
        why = PublishFailure.STOPPED;
      } else {
        queue.add(one);
        waitingControls++;
        if (waitingControls > MAX_CONTROLS) {
          fold(everything, dropped);
        }
        ring();
      }
    }
    for (Pending each : dropped) {
      each.outcome.failed(why);
    }
  }

  /** Called with this held. */
  private void fold(Entry everything, List<Pending> dropped) {
    boolean silentOnes =
        queue.stream().filter(Pending::isSilentControl).count() >= MAX_CONTROLS / 2;
    queue.removeIf(
        one -> (silentOnes ? one.isSilentControl() : one.isControl()) && dropped.add(one));
    queue.add(new Pending(everything, NOBODY, System.nanoTime()));
    waitingControls += 1 - dropped.size();
  }

  /**
   * Takes a control entry that is of use soon or not at all: it takes no room of others, and is
   * dropped without a word when the log is not open, when too many wait, after {@value #TIMEOUT_MS}
   * ms, and when the tail goes on from another place.
   */
  public void hint(Entry draft) {
    synchronized (this) {
      if (!stopped && waitingHints < MAX_HINTS && tailed.get() != null) {
        queue.add(new Pending(draft, NOBODY, System.nanoTime(), true));
        waitingHints++;
        ring();
      }
    }
  }

  /** Publishes that wait for the engine or for the tail. */
  public synchronized int pending() {
    return queue.size() + flight.size();
  }

  /**
   * Does what can be done now: gives up what is late, appends the next batch, or the last one
   * again. Blocks as long as the engine does.
   */
  public void work(long nowNanos) {
    expire(nowNanos);
    List<Entry> batch;
    long begun;
    boolean calledBefore;
    synchronized (this) {
      rung = false;
      Position position = tailed.get();
      if (stopped || position == null || taken || nowNanos - nextTryNanos < 0) {
        return;
      }
      if (flight.isEmpty()) {
        fill();
      }
      if (flight.isEmpty()) {
        return;
      }
      begun = generation;
      batch = flight.stream().map(one -> one.draft.from(position, node, one.n)).toList();
      // From here on nobody can say that it is certainly not in the log.
      calledBefore = maybeAppended;
      maybeAppended = true;
    }
    EngineException failure = append(batch);
    List<Pending> refused = new ArrayList<>();
    synchronized (this) {
      if (begun != generation) {
        return;
      }
      if (failure instanceof EntriesRefused some) {
        // The rest of the batch comes through the tail.
        flight.removeIf(one -> some.numbers().contains(one.n) && refused.add(one));
      }
      if (failure == null || failure instanceof EntriesRefused) {
        taken = !flight.isEmpty();
        pauseNanos = MIN_PAUSE_NANOS;
        if (flight.isEmpty()) {
          settled();
        }
      } else {
        if (failure.outcome() == EngineException.Outcome.NOT_SENT) {
          maybeAppended = calledBefore;
        }
        nextTryNanos = System.nanoTime() + pauseNanos;
        pauseNanos = Math.min(MAX_PAUSE_NANOS, pauseNanos * 2);
      }
    }
    refused.forEach(one -> one.outcome.failed(PublishFailure.UNAVAILABLE));
  }

  private @Nullable EngineException append(List<Entry> batch) {
    try {
      engine.append(batch);
      return null;
    } catch (EngineException e) {
      log.debug("the engine did not take {} entries: {}", batch.size(), e.getMessage());
      return e;
    } catch (RuntimeException | Error e) {
      log.error("the engine failed in append", e);
      return new EngineException(EngineException.Outcome.UNKNOWN, "the engine failed", e);
    }
  }

  /** The next batch, in the order of the queue. */
  private void fill() {
    int characters = 0;
    while (flight.size() < ClusterEngine.MAX_BATCH && !queue.isEmpty()) {
      Pending next = queue.element();
      characters += next.draft.text().length();
      if (!flight.isEmpty() && characters > ClusterEngine.MAX_BATCH_CHARACTERS) {
        break;
      }
      queue.remove();
      waits(next, -1);
      next.n = ++lastNumber;
      flight.add(next);
    }
    maybeAppended = false;
    generation++;
  }

  private void waits(Pending one, int sign) {
    if (one.hint) {
      waitingHints += sign;
    } else if (one.isControl()) {
      waitingControls += sign;
    } else {
      waitingMessages += sign;
      waitingCharacters += sign * (long) one.draft.text().length();
    }
  }

  /**
   * Gives up the messages that have waited for too long. Called by the writer, and by the tail
   * while the writer is inside of the engine.
   */
  public void expire(long nowNanos) {
    List<Pending> certain = new ArrayList<>();
    List<Pending> unknown = new ArrayList<>();
    synchronized (this) {
      for (Iterator<Pending> all = queue.iterator(); all.hasNext(); ) {
        Pending one = all.next();
        if (one.isLate(nowNanos)) {
          all.remove();
          waits(one, -1);
          certain.add(one);
        }
      }
      int before = flight.size();
      for (Iterator<Pending> all = flight.iterator(); all.hasNext(); ) {
        Pending one = all.next();
        if (one.isLate(nowNanos)) {
          all.remove();
          (maybeAppended ? unknown : certain).add(one);
        }
      }
      if (before > 0 && flight.isEmpty()) {
        settled();
      }
    }
    certain.forEach(one -> one.outcome.failed(PublishFailure.UNAVAILABLE));
    unknown.forEach(one -> one.outcome.failed(PublishFailure.UNKNOWN));
  }

  /** The tail has seen an entry of this node. */
  void tailed(Entry entry) {
    Pending seen = null;
    synchronized (this) {
      for (Iterator<Pending> all = flight.iterator(); all.hasNext(); ) {
        Pending one = all.next();
        if (one.n == entry.n()) {
          all.remove();
          seen = one;
          break;
        }
      }
      if (seen != null && flight.isEmpty()) {
        settled();
      }
    }
    if (seen != null) {
      compareClocks(seen, entry.at());
      boolean repeat = entry.repeat() > 0;
      seen.outcome.appended(
          new Position(entry.epoch(), repeat ? entry.repeat() : entry.seq()), repeat);
    }
  }

  /** The engine must have taken it between its publish and now. */
  private void compareClocks(Pending seen, long engineMillis) {
    long now = System.currentTimeMillis();
    long begun = now - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - seen.sinceNanos);
    if (engineMillis > 0) {
      clockAheadMillis =
          engineMillis > now ? engineMillis - now : Math.min(0, engineMillis - begun);
    }
  }

  /**
   * How far the engine's clock was ahead of this server's at the last publish, in milliseconds;
   * negative when behind, 0 as long as both may be right. Any thread.
   */
  public long clockAheadMillis() {
    return clockAheadMillis;
  }

  /** The next batch may go. */
  private void settled() {
    taken = false;
    maybeAppended = false;
    generation++;
    nextTryNanos = System.nanoTime();
    ring();
  }

  /**
   * The tail goes on from another place: messages that were handed to the engine may or may not be
   * in a log, those that were not are not. Control entries go into the new epoch.
   */
  void restarted() {
    List<Pending> certain = new ArrayList<>();
    List<Pending> unknown = new ArrayList<>();
    synchronized (this) {
      List<Pending> controls = new ArrayList<>();
      for (Pending one : flight) {
        (one.isControl() ? controls : maybeAppended ? unknown : certain).add(one);
      }
      flight.clear();
      for (Pending one : queue) {
        (one.isControl() ? controls : certain).add(one);
      }
      queue.clear();
      queue.addAll(controls);
      waitingMessages = 0;
      waitingCharacters = 0;
      waitingHints = 0;
      waitingControls = controls.size();
      pauseNanos = MIN_PAUSE_NANOS;
      settled();
    }
    certain.forEach(one -> one.outcome.failed(PublishFailure.UNAVAILABLE));
    unknown.forEach(one -> one.outcome.failed(PublishFailure.UNKNOWN));
  }

  private synchronized void ring() {
    rung = true;
    notifyAll();
  }

  /** Waits until there may be something to do; at most as long as nothing may be late. */
  synchronized void await() throws InterruptedException {
    if (!rung && !stopped) {
      TimeUnit.NANOSECONDS.timedWait(
          this, queue.isEmpty() && flight.isEmpty() ? REST_NANOS : MIN_PAUSE_NANOS);
    }
  }

  /** The writer's thread. */
  public void run() {
    while (!isStopped()) {
      try {
        await();
        work(System.nanoTime());
      } catch (InterruptedException e) {
        // Only the stop is a reason to end.
        Thread.interrupted();
      } catch (RuntimeException | Error e) {
        log.error("the writer of the channels failed", e);
      }
    }
  }

  synchronized boolean isStopped() {
    return stopped;
  }

  /** Ends the thread; what waits fails. */
  public void stop() {
    List<Pending> certain;
    List<Pending> unknown = List.of();
    synchronized (this) {
      stopped = true;
      certain = new ArrayList<>(queue);
      if (maybeAppended) {
        unknown = new ArrayList<>(flight);
      } else {
        certain.addAll(flight);
      }
      queue.clear();
      flight.clear();
      generation++;
      notifyAll();
    }
    certain.forEach(one -> one.outcome.failed(PublishFailure.STOPPED));
    unknown.forEach(one -> one.outcome.failed(PublishFailure.UNKNOWN));
  }
}
