package dev.drawbridge.outbox.internal;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbException;
import dev.drawbridge.endpoint.cluster.ChannelSource.Feed;
import dev.drawbridge.endpoint.cluster.ChannelSource.Rejection;
import dev.drawbridge.endpoint.cluster.ChannelSource.State;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.filters.log.Printable;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the rows of the outbox into channels, on one thread of its own: reads the first rows by
 * id, appends them with their keys, and deletes those that are certainly in the log. There is no
 * cursor, so a row that commits late with an early id is only later, and never passed over.
 *
 * <p>Of all servers the one with the lease does so. It keeps the lease while there is work and a
 * second longer, and looks often; then whoever has committed something takes it. One that stands
 * still for longer than its lease may append what another one has appended already: the log knows
 * the keys. Thread-safe.
 */
final class Relay implements Runnable {
  /** How often a server looks that expects nothing: {@value} ms. */
  static final long IDLE_MS = 1_000;

  /** How often the holder of the lease looks: {@value} ms. */
  static final long BUSY_MS = 20;

  /** How long after the last row it gives the lease up: {@value} ms. */
  static final long HOLD_MS = 1_000;

  /** How long keys are remembered after their rows are gone: {@value} minutes. */
  static final long FORGET_MINUTES = 60;

  /** How long at the least when there are more than {@value #MAX_GONE} bundles of them. */
  private static final long FORGET_LEAST_MINUTES = 10;

  private static final int MAX_GONE = 4_096;

  /** Bundles that are forgotten in a look that finds nothing; in any other, one. */
  private static final int FORGOTTEN_AT_REST = 4;

  private static final Logger log = LoggerFactory.getLogger(Relay.class);

  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  /** Rounds are so far apart, so that each has more than a row or two. */
  private static final long ROUND_NANOS = 5 * MILLI;

  /** So many rows in one are a load: then a round costs as little as it can. */
  private static final int LOAD = 16;

  private static final long LOADED_MS = 20;

  /** The first look for a row whose commit nobody tells of, and the longest pause between looks. */
  private static final long EXPECT_FIRST_MS = 2;

  private static final long EXPECT_MS = 50;

  /** How long such a commit is looked for. */
  private static final long EXPECT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final long RENEW_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A lease is not used to its end: a publish takes time, too. */
  private static final long USABLE_MS = OutboxTable.LEASE_MS - 2_000;

  /** How soon a server that wants the lease asks again. */
  private static final long ELSEWHERE_MS = 250;

  /** A pool that was busy, or a connection that was dead, is no trouble before so many in a row. */
  private static final int FAILURES = 3;

  private static final long FIRST_PAUSE_MS = 50;
  private static final long LAST_PAUSE_MS = 1_000;

  /** How often it is looked whether somebody has made the tables. */
  private static final long MISSING_MS = 10_000;

  private static final String OWN = "~";
  private static final int MAX_NAME = 128;

  /** How often a server looks whether another one relays what cannot come to its own pages. */
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** How long that is told. */
  private static final long ELSEWHERE_NANOS = TimeUnit.MINUTES.toNanos(5);

  private static final long JOIN_MS = 2_000;
  private static final int HOLDER_BYTES = 12;

  private final Supplier<@Nullable Database> source;
  private final Feed feed;
  private final String holder = holder();
  private final Thread thread;

  /** Guarded by this, as the two below. */
  private boolean rung;

  private boolean stopped;

  /** Until when a commit is looked for that nobody tells of; 0 for no such. */
  private long expectedUntil;

  /** Guarded by this. */
  private long expectPauseMs = EXPECT_FIRST_MS;

  // What follows belongs to the thread.

  private @Nullable OutboxTable table;

  /** When the lease was taken or renewed, null while another one may have it. */
  private @Nullable Long leasedNanos;

  /** The same by the other clock: while a virtual machine stands still, one of them does, too. */
  private long leasedMillis;

  private long lastRowNanos;

  /** Before this nothing is looked at, whoever rings. */
  private long earliestNanos = System.nanoTime();

  private long pauseMs = FIRST_PAUSE_MS;
  private int failures;

  /** In the log, but not certainly deleted. */
  private final Set<String> appended = new HashSet<>();

  /** Rows that are gone, whose keys the engine still knows. */
  private final GoneKeys gone;

  private long published;
  private long rejected;
  private @Nullable Rejection last;
  private @Nullable String trouble;

  /** When it was seen last that another server relays though what it relays cannot come here. */
  private @Nullable Long elsewhereNanos;

  private long lookedNanos = System.nanoTime() - LOOK_NANOS;
  private OutboxTable.@Nullable Lease foreign;
  private Instant since = Instant.now();
  private Duration waiting = Duration.ZERO;

  /** Written by the thread. */
  private volatile State state = new State("outbox", 0, 0, null, null, since, Duration.ZERO, false);

  /**
   * A relay that has not started.
   *
   * @param source null while there is no database
   */
  Relay(Supplier<@Nullable Database> source, Feed feed) {
    this(
        source,
        feed,
        new GoneKeys(
            TimeUnit.MINUTES.toNanos(FORGET_MINUTES),
            TimeUnit.MINUTES.toNanos(FORGET_LEAST_MINUTES),
            TimeUnit.HOURS.toNanos(Entry.OUTBOX_KEY_HOURS),
            MAX_GONE));
  }

  Relay(Supplier<@Nullable Database> source, Feed feed, GoneKeys gone) {
    this.source = source;
    this.feed = feed;
    this.gone = gone;
    this.thread = new Thread(this, "drawbridge-outbox");
    thread.setDaemon(true);
  }

  private static String holder() {
    byte[] random = new byte[HOLDER_BYTES];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  void start() {
    thread.start();
  }

  State state() {
    return state;
  }

  /** There may be new rows now. */
  synchronized void ring() {
    rung = true;
    notifyAll();
  }

  /** There may be new rows soon. */
  synchronized void expect() {
    boolean news = expectedUntil == 0 || expectPauseMs > EXPECT_FIRST_MS;
    expectPauseMs = EXPECT_FIRST_MS;
    expectedUntil = System.nanoTime() + EXPECT_NANOS;
    if (news) {
      notifyAll();
    }
  }

  /** How long it waits before the next look for a commit that nobody tells of. */
  synchronized long expectPauseMs() {
    return expectPauseMs;
  }

  /** Ends the thread, which gives the lease up. */
  void close() {
    synchronized (this) {
      stopped = true;
      notifyAll();
    }
    try {
      thread.join(JOIN_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void run() {
    long pause = 0;
    while (await(pause)) {
      pause = roundOrTrouble();
      state =
          new State(
              "outbox", published, rejected, last, trouble, since, waiting, elsewhereNanos != null);
    }
    OutboxTable present = table;
    if (present != null && leasedNanos != null) {
      try {
        present.release(holder);
      } catch (RuntimeException e) {
        log.debug("the lease of the outbox was not given up; it ends by itself", e);
      }
    }
  }

  /**
   * Waits until there may be something to do, and no less than until the next look may begin.
   *
   * @return false when it is to end
   */
  private synchronized boolean await(long millis) {
    long begun = System.nanoTime();
    try {
      while (!stopped) {
        long until = begun + millis * MILLI;
        if (rung) {
          until = begun;
        } else if (expectedUntil != 0) {
          until = Math.min(until, begun + expectPauseMs * MILLI);
        }
        long left = Math.max(until, earliestNanos) - System.nanoTime();
        if (left <= 0) {
          break;
        }
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      // Only the stop is a reason to end.
      log.debug("the relay of the outbox was interrupted", e);
    }
    rung = false;
    return !stopped;
  }

  /** How long to wait then, in milliseconds. */
  private long roundOrTrouble() {
    earliestNanos = System.nanoTime() + ROUND_NANOS;
    try {
      if (!feed.isOpen()) {
        // The engine has findings and lines of its own.
        return pause();
      }
      OutboxTable present = table();
      if (present == null) {
        trouble("Drawbridge knows no database in this application");
        return notBefore(MISSING_MS);
      }
      long next = round(present);
      well();
      return next;
    } catch (DbException e) {
      leasedNanos = null;
      if (OutboxTable.isMissing(e)) {
        trouble("the tables of the outbox are not in the database");
        return notBefore(MISSING_MS);
      }
      failures++;
      if (!e.isTransient() || failures >= FAILURES) {
        trouble(String.valueOf(e.getMessage()));
      }
      return pause();
    } catch (RuntimeException | Error e) {
      leasedNanos = null;
      if (trouble == null) {
        log.error("the relay of the outbox has failed; it goes on", e);
      }
      trouble(e.getClass().getName());
      return pause();
    }
  }

  /** Longer from time to time. */
  private long pause() {
    long now = pauseMs;
    pauseMs = Math.min(LAST_PAUSE_MS, pauseMs * 2);
    return notBefore(now);
  }

  /** Who rings does not make it earlier. */
  private long notBefore(long millis) {
    earliestNanos = System.nanoTime() + millis * MILLI;
    return millis;
  }

  private void trouble(String what) {
    if (trouble == null) {
      since = Instant.now();
      log.warn("the outbox is not relayed by this server: {}", what);
    }
    trouble = what;
  }

  private void well() {
    failures = 0;
    if (trouble != null) {
      log.info("the outbox is relayed again");
      trouble = null;
      since = Instant.now();
    }
  }

  private @Nullable OutboxTable table() {
    if (table == null) {
      Database database = source.get();
      if (database != null) {
        table = new OutboxTable(database);
      }
    }
    return table;
  }

  /** One look, and what follows from it. */
  private long round(OutboxTable rows) {
    if (feed.isLeaving()) {
      // Its pages are leaving, and nobody else's would have what it relays.
      giveUp(rows);
      return notBefore(IDLE_MS);
    }
    if (!feed.hasOthers()) {
      lookForOthers(rows);
    }
    if (!isUsable()) {
      // Whoever may not send needs no data.
      Optional<Long> oldest = rows.oldest();
      if (oldest.isEmpty()) {
        return nothing(rows);
      }
      waits(oldest.get());
      if (!lease(rows)) {
        return notBefore(ELSEWHERE_MS);
      }
    }
    List<Waiting> first = rows.read(Feed.MAX_BATCH);
    if (first.isEmpty()) {
      return nothing(rows);
    }
    waits(first.get(0).ageMillis());
    if (isDue() && !lease(rows)) {
      return notBefore(ELSEWHERE_MS);
    }
    Batch batch = Batch.of(rows, first, appended, feed);
    boolean all = send(rows, batch);
    moveAside(rows, batch.bad());
    forget(1);
    if (!all) {
      return pause();
    }
    pauseMs = FIRST_PAUSE_MS;
    if (batch.isCut() || first.size() == Feed.MAX_BATCH) {
      return notBefore(0);
    }
    return first.size() >= LOAD ? notBefore(LOADED_MS) : BUSY_MS;
  }

  private void waits(long ageMillis) {
    lastRowNanos = System.nanoTime();
    waiting = Duration.ofMillis(Math.max(0, ageMillis));
    synchronized (this) {
      expectPauseMs = EXPECT_FIRST_MS;
    }
  }

  /** By both clocks the lease is so young that nobody else can have taken it. */
  private boolean isUsable() {
    Long leased = leasedNanos;
    return leased != null
        && System.nanoTime() - leased <= USABLE_MS * MILLI
        && System.currentTimeMillis() - leasedMillis <= USABLE_MS;
  }

  private boolean isDue() {
    Long leased = leasedNanos;
    return leased == null || System.nanoTime() - leased > RENEW_NANOS || !isUsable();
  }

  private long nothing(OutboxTable rows) {
    long now = System.nanoTime();
    appended.clear();
    waiting = Duration.ZERO;
    pauseMs = FIRST_PAUSE_MS;
    forget(FORGOTTEN_AT_REST);
    boolean idle = now - lastRowNanos > HOLD_MS * MILLI;
    if (idle) {
      giveUp(rows);
    }
    synchronized (this) {
      if (expectedUntil != 0 && now - expectedUntil > 0) {
        expectedUntil = 0;
      }
      expectPauseMs = Math.min(EXPECT_MS, expectPauseMs * 2);
    }
    return leasedNanos == null ? IDLE_MS : BUSY_MS;
  }

  private void giveUp(OutboxTable rows) {
    if (leasedNanos != null) {
      leasedNanos = null;
      rows.release(holder);
    }
  }

  /** A lease that grows in another one's hand is of a server that lives. */
  private void lookForOthers(OutboxTable rows) {
    long now = System.nanoTime();
    if (now - lookedNanos < LOOK_NANOS) {
      return;
    }
    lookedNanos = now;
    OutboxTable.Lease present = rows.present().orElse(null);
    OutboxTable.Lease before = foreign;
    if (present != null && !present.holder().equals(holder)) {
      foreign = present;
      if (before != null
          && before.holder().equals(present.holder())
          && before.until() < present.until()) {
        if (elsewhereNanos == null) {
          log.warn(
              "another server relays the outbox, too, and what it relays comes to its own pages"
                  + " alone: several servers want DRAWBRIDGE_CLUSTER");
        }
        elsewhereNanos = now;
      }
    }
    Long seen = elsewhereNanos;
    if (seen != null && now - seen > ELSEWHERE_NANOS) {
      elsewhereNanos = null;
    }
  }

  private boolean lease(OutboxTable rows) {
    // Before the call: the lease is the longer of the two, never the shorter.
    long before = System.nanoTime();
    leasedMillis = System.currentTimeMillis();
    boolean mine = rows.lease(holder);
    if (!mine) {
      rows.ensureLease();
    }
    leasedNanos = mine ? before : null;
    return mine;
  }

  /** False if something is not certainly in the log. */
  private boolean send(OutboxTable rows, Batch batch) {
    if (!isUsable()) {
      // It has stood still: whoever has the lease now may have sent these.
      leasedNanos = null;
      return false;
    }
    Set<String> in = batch.messages().isEmpty() ? Set.of() : feed.publish(batch.messages());
    List<Waiting> done = new ArrayList<>(batch.sentBefore());
    for (Waiting one : batch.rows()) {
      if (in.contains(one.key())) {
        appended.add(one.key());
        done.add(one);
        published++;
      }
    }
    if (!done.isEmpty()) {
      rows.delete(done.stream().map(Waiting::id).toList());
      long now = System.nanoTime();
      for (Waiting one : done) {
        appended.remove(one.key());
        gone.add(now, one.id(), one.stamp());
      }
    }
    return in.size() == batch.messages().size();
  }

  private void moveAside(OutboxTable rows, List<Batch.Bad> all) {
    int moved = 0;
    for (Batch.Bad bad : all) {
      // After a publish that took long it may be another one's to do.
      if (isUsable() && rows.reject(bad.row(), bad.reason(), Entry.MAX_TEXT)) {
        moved++;
        last = new Rejection(name(bad.row()), reason(bad), Instant.now());
      }
    }
    Rejection told = last;
    if (moved > 0 && told != null) {
      rejected += moved;
      rows.trimRejected();
      log.warn(
          "{} rows of the outbox were moved aside into drawbridge_outbox_rejected; the last was {}:"
              + " {}",
          moved,
          told.what(),
          told.reason());
    }
  }

  /** Whose own channel it is stands in the table alone. */
  private static String name(Waiting row) {
    return "row "
        + row.id()
        + " of channel "
        + (row.channel().startsWith(OWN) ? OWN : Printable.of(row.channel(), MAX_NAME))
        + ", type "
        + Printable.of(row.type(), MAX_NAME);
  }

  private static String reason(Batch.Bad bad) {
    String channel = bad.row().channel();
    String reason =
        channel.length() > 1 && channel.startsWith(OWN)
            ? bad.reason().replace(channel, OWN)
            : bad.reason();
    return String.valueOf(Printable.of(reason, Batch.MAX_REASON));
  }

  /** Lets the engine forget what nobody brings again, so many bundles at most. */
  private void forget(int most) {
    for (int i = 0; i < most; i++) {
      List<String> keys = gone.due(System.nanoTime());
      if (keys.isEmpty()) {
        return;
      }
      feed.forget(keys);
    }
  }
}
