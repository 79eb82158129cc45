package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.internal.channels.log.ChannelLog;
import dev.drawbridge.endpoint.internal.channels.log.Tail;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks once more whether connections may have what they are subscribed to, one after the other: all
 * of this node, because entries that have taken rights away may be lost, or the one whose user has
 * other roles now. An authoriser that hangs is interrupted and given up, and the next connection
 * gets another thread. Thread-safe.
 */
final class Recheck {
  private static final Logger log = LoggerFactory.getLogger(Recheck.class);

  /** An authoriser that fails is asked again, at most so often. */
  private static final int MAX_TRIES = 5;

  /** One connection, what it had, and where it is told who comes and goes. */
  private record Task(
      Subscriber subscriber, List<String> channels, Set<String> watched, int tries) {
    private static Task of(Subscriber subscriber) {
      return new Task(
          subscriber, Subscriptions.names(subscriber), Subscriptions.watched(subscriber), 0);
    }

    private Task again() {
      return new Task(subscriber, channels, watched, tries + 1);
    }
  }

  /** A task that the thread is at that makes this. */
  private static final class Run {
    private final Task task;
    private final Thread thread = Thread.currentThread();
    private final long sinceNanos = System.nanoTime();

    private Run(Task task) {
      this.task = task;
    }
  }

  /** What the authorisers said: channels that are gone, and those that are not watched any more. */
  private record Verdict(List<String> gone, Set<String> unseen) {}

  private final Rules rules;
  private final Executor pool;
  private final long timeoutNanos;
  private final Tail tail;
  private final ChannelLog channels;

  /** Guarded by this. */
  private final ArrayDeque<Task> tasks = new ArrayDeque<>();

  /** The pool is at it, or will be. Guarded by this. */
  private boolean running;

  /** What it is at; null between two tasks. Guarded by this. */
  private @Nullable Run current;

  /**
   * A recheck that has nothing to do.
   *
   * @param timeoutNanos how long the authorisers of one connection may take
   */
  Recheck(Rules rules, Executor pool, long timeoutNanos, Tail tail, ChannelLog channels) {
    this.rules = rules;
    this.pool = pool;
    this.timeoutNanos = timeoutNanos;
    this.tail = tail;
    this.channels = channels;
  }

  /** Begins anew with everybody. Tail thread only. */
  void all() {
    List<Task> everybody = new ArrayList<>();
    channels.subscriptions().forEachSubscriber(one -> everybody.add(Task.of(one)));
    begin(everybody, true);
  }

  /** One connection, after those that wait. Tail thread only. */
  void one(Subscriber subscriber) {
    if (subscriber.held() != null) {
      begin(List.of(Task.of(subscriber)), false);
    }
  }

  private void begin(List<Task> more, boolean anew) {
    synchronized (this) {
      if (anew) {
        tasks.clear();
      }
      tasks.addAll(more);
      if (running || tasks.isEmpty()) {
        return;
      }
      running = true;
    }
    pool.execute(this::next);
  }

  /** One connection, then the thread is given to others. */
  private void next() {
    Run run;
    synchronized (this) {
      Task task = tasks.poll();
      if (task == null) {
        running = false;
        return;
      }
      run = new Run(task);
      current = run;
    }
    Verdict verdict = null;
    Throwable failure = null;
    try {
      verdict = check(run.task);
    } catch (Exception | Error e) {
      failure = e;
    }
    if (!finish(run)) {
      // It was given up, another thread goes on, and the interrupt was for the authoriser.
      Thread.interrupted();
      return;
    }
    if (verdict != null) {
      apply(run.task.subscriber, verdict);
    } else if (failure != null) {
      failed(run.task, failure);
    }
    pool.execute(this::next);
  }

  @SuppressWarnings("ReferenceEquality") // This very run, not one like it.
  private synchronized boolean finish(Run run) {
    boolean mine = current == run;
    if (mine) {
      current = null;
    }
    return mine;
  }

  /** Gives up an authoriser that takes too long. Called from time to time. */
  void tick(long nowNanos) {
    Run late;
    synchronized (this) {
      late = current;
      if (late == null || nowNanos - late.sinceNanos <= timeoutNanos) {
        return;
      }
      current = null;
      late.thread.interrupt();
    }
    failed(late.task, new TimeoutException("no answer in time"));
    pool.execute(this::next);
  }

  private void failed(Task task, Throwable failure) {
    log.warn("the authoriser failed when everything was checked anew: {}", failure.toString());
    if (task.tries + 1 < MAX_TRIES) {
      synchronized (this) {
        tasks.add(task.again());
      }
    } else {
      // A user's own channel needs nobody's word.
      revoke(
          task.subscriber, task.channels.stream().filter(one -> rules.find(one) != null).toList());
    }
  }

  private Verdict check(Task task) throws Exception {
    Map<Rule, List<String>> byRule = new HashMap<>();
    for (String channel : task.channels) {
      Rule rule = rules.find(channel);
      if (rule != null) {
        byRule.computeIfAbsent(rule, one -> new ArrayList<>()).add(channel);
      }
    }
    Set<String> gone = new HashSet<>();
    Set<String> unseen = new HashSet<>();
    for (Map.Entry<Rule, List<String>> one : byRule.entrySet()) {
      Rule rule = one.getKey();
      List<String> watched = one.getValue().stream().filter(task.watched::contains).toList();
      List<String> granted;
      if (watched.isEmpty()) {
        granted = Rights.granted(rule, task.subscriber, Rule.Action.SUBSCRIBE, one.getValue());
      } else {
        Rights.Granted both = Rights.subscribeAndSee(rule, task.subscriber, one.getValue());
        granted = both.subscribe();
        unseen.addAll(watched);
        both.see().forEach(unseen::remove);
      }
      gone.addAll(one.getValue());
      granted.forEach(gone::remove);
    }
    return new Verdict(List.copyOf(gone), unseen);
  }

  private void apply(Subscriber subscriber, Verdict verdict) {
    revoke(subscriber, verdict.gone);
    if (!verdict.unseen.isEmpty()) {
      tail.post(
          () -> verdict.unseen.forEach(one -> channels.subscriptions().unwatch(subscriber, one)));
    }
  }

  private void revoke(Subscriber subscriber, List<String> gone) {
    if (!gone.isEmpty()) {
      tail.post(() -> channels.revoke(subscriber, gone));
    }
  }
}
