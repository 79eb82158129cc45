package dev.drawbridge.db;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How the database is, as seen by this process. Immutable. */
public final class DbHealth {
  /** The three answers a monitor wants. */
  public enum Status {
    UP,
    /** It answers, but callers wait or were turned away lately. */
    DEGRADED,
    DOWN
  }

  private final Status status;
  private final @Nullable String reason;
  private final Instant since;

  DbHealth(Status status, @Nullable String reason, Instant since) {
    this.status = status;
    this.reason = reason;
    this.since = since;
  }

  public Status status() {
    return status;
  }

  /** One sentence without host, user or password; null when all is well. */
  public @Nullable String reason() {
    return reason;
  }

  /** Since when the status is what it is. */
  public Instant since() {
    return since;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DbHealth
        && status == ((DbHealth) other).status
        && Objects.equals(reason, ((DbHealth) other).reason)
        && since.equals(((DbHealth) other).since);
  }

  @Override
  public int hashCode() {
    return Objects.hash(status, reason, since);
  }

  @Override
  public String toString() {
    return status + (reason == null ? "" : " (" + reason + ")") + " since " + since;
  }
}
