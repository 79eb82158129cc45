package dev.drawbridge.db.internal.session;

import dev.drawbridge.db.StatementListener;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the listeners of a database; costs nothing where there are none. Thread-safe. */
public final class Listeners {
  private static final Logger log = LoggerFactory.getLogger(StatementListener.class);

  private final List<StatementListener> listeners;

  public Listeners(List<StatementListener> listeners) {
    this.listeners = List.copyOf(listeners);
  }

  public long start() {
    return listeners.isEmpty() ? 0 : System.nanoTime();
  }

  public void ended(String sql, long start, @Nullable Throwable failure) {
    if (listeners.isEmpty()) {
      return;
    }
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    for (StatementListener listener : listeners) {
      try {
        listener.ran(sql, took, failure);
      } catch (RuntimeException e) {
        log.warn("a listener for statements failed", e);
      }
    }
  }
}
