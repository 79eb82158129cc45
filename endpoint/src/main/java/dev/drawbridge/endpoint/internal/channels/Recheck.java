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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks once more whether connections may have what they are subscribed to, one after the other: all
 * of this node, because entries that have taken rights away may be lost, or the one whose user has
 * other roles now. Thread-safe.
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

  private final Rules rules;
  private final Executor pool;
  private final Tail tail;
  private final ChannelLog channels;

  /** Guarded by this. */
  private final ArrayDeque<Task> tasks = new ArrayDeque<>();

  /** The pool is at it. Guarded by this. */
  private boolean running;

  Recheck(Rules rules, Executor pool, Tail tail, ChannelLog channels) {
    this.rules = rules;
    this.pool = pool;
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
    Task task;
    synchronized (this) {
      task = tasks.poll();
      if (task == null) {
        running = false;
        return;
      }
    }
    try {
      check(task);
    } catch (Exception | Error e) {
      log.warn("the authoriser failed when everything was checked anew: {}", e.toString());
      if (task.tries + 1 < MAX_TRIES) {
        synchronized (this) {
          tasks.add(task.again());
        }
      } else {
        // A user's own channel needs nobody's word.
        revoke(
            task.subscriber,
            task.channels.stream().filter(one -> rules.find(one) != null).toList());
      }
    }
    pool.execute(this::next);
  }

  private void check(Task task) throws Exception {
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
    revoke(task.subscriber, List.copyOf(gone));
    if (!unseen.isEmpty()) {
      tail.post(
          () -> unseen.forEach(one -> channels.subscriptions().unwatch(task.subscriber, one)));
    }
  }

  private void revoke(Subscriber subscriber, List<String> gone) {
    if (!gone.isEmpty()) {
      tail.post(() -> channels.revoke(subscriber, gone));
    }
  }
}
