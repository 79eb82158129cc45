package dev.drawbridge.db;

import dev.drawbridge.db.internal.config.Timeouts;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a session is opened. Immutable; each method returns a changed copy. */
public final class SessionOptions {
  private static final SessionOptions DEFAULTS = new SessionOptions(false, null, null, null);

  static final SessionOptions READ_ONLY = DEFAULTS.withReadOnly();

  private final boolean readOnly;
  private final @Nullable Isolation isolation;
  private final @Nullable Duration queryTimeout;
  private final @Nullable String label;

  private SessionOptions(
      boolean readOnly,
      @Nullable Isolation isolation,
      @Nullable Duration queryTimeout,
      @Nullable String label) {
    this.readOnly = readOnly;
    this.isolation = isolation;
    this.queryTimeout = queryTimeout;
    this.label = label;
  }

  /** Read-write, isolation and query time-out of the database's configuration, no label. */
  public static SessionOptions defaults() {
    return DEFAULTS;
  }

  /** Refuses updates, in the session itself and, where it can, in the database. */
  public SessionOptions withReadOnly() {
    return new SessionOptions(true, isolation, queryTimeout, label);
  }

  /** The isolation of every transaction of the session that does not ask for another. */
  public SessionOptions withIsolation(Isolation level) {
    return new SessionOptions(readOnly, level, queryTimeout, label);
  }

  /**
   * The time-out of each statement that has none of its own.
   *
   * @param timeout more than zero; rounded up to whole seconds
   */
  public SessionOptions withQueryTimeout(Duration timeout) {
    return new SessionOptions(readOnly, isolation, Timeouts.checked(timeout), label);
  }

  /** A name for leak reports and busy errors, in place of the place in the code. */
  public SessionOptions withLabel(String name) {
    return new SessionOptions(readOnly, isolation, queryTimeout, name);
  }

  boolean readOnly() {
    return readOnly;
  }

  @Nullable Isolation isolation() {
    return isolation;
  }

  @Nullable Duration queryTimeout() {
    return queryTimeout;
  }

  @Nullable String label() {
    return label;
  }
}
