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
 * Asks the authoriser once more for all that this node's connections are subscribed to, one
 * connection after the other, because entries that have taken rights away may be lost. Thread-safe.
 */
final class Recheck {
  private static final Logger log = LoggerFactory.getLogger(Recheck.class);

  /** An authoriser that fails is asked again, at most so often. */
  private static final int MAX_TRIES = 5;

  /** One connection and what it had. */
  private record Task(Subscriber subscriber, List<String> channels, int tries) {}

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
    channels
        .subscriptions()
        .forEachSubscriber(one -> everybody.add(new Task(one, Subscriptions.names(one), 0)));
    synchronized (this) {
      tasks.clear();
      tasks.addAll(everybody);
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
          tasks.add(new Task(task.subscriber, task.channels, task.tries + 1));
        }
      } else {
        revoke(task.subscriber, task.channels);
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
    for (Map.Entry<Rule, List<String>> one : byRule.entrySet()) {
      gone.addAll(one.getValue());
      ChannelHub.granted(one.getKey(), task.subscriber, Rule.Action.SUBSCRIBE, one.getValue())
          .forEach(gone::remove);
    }
    revoke(task.subscriber, List.copyOf(gone));
  }

  private void revoke(Subscriber subscriber, List<String> gone) {
    if (!gone.isEmpty()) {
      tail.post(() -> channels.revoke(subscriber, gone));
    }
  }
}
