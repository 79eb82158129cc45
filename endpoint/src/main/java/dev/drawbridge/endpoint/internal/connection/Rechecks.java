package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.db.user.Lookup;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * The users that are due for another look, of all connections: collected while the timer goes
 * round, and then asked for together, so that a database gets few statements for many users.
 * Thread-safe; nobody is asked with the lock held.
 */
public final class Rechecks {
  private final Function<Collection<String>, Map<String, CompletionStage<Lookup>>> users;

  /** By subject: a user may have many connections. Guarded by this. */
  private Map<String, List<ConnectionMonitor>> due = new LinkedHashMap<>();

  /**
   * None is due yet.
   *
   * @param users looks several up; throws {@link IllegalStateException} once the web application
   *     has stopped
   */
  public Rechecks(Function<Collection<String>, Map<String, CompletionStage<Lookup>>> users) {
    this.users = users;
  }

  synchronized void add(String subject, ConnectionMonitor asking) {
    due.computeIfAbsent(subject, any -> new ArrayList<>(1)).add(asking);
  }

  /** Asks for all that were added; the connections learn what is known then. */
  public void ask() {
    Map<String, List<ConnectionMonitor>> asking = take();
    if (asking.isEmpty()) {
      return;
    }
    long now = System.nanoTime();
    users
        .apply(asking.keySet())
        .forEach(
            (subject, answer) ->
                asking.getOrDefault(subject, List.of()).forEach(each -> each.await(answer, now)));
  }

  private synchronized Map<String, List<ConnectionMonitor>> take() {
    Map<String, List<ConnectionMonitor>> taken = due;
    due = new LinkedHashMap<>();
    return taken;
  }
}
