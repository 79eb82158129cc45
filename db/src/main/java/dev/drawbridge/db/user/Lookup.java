package dev.drawbridge.db.user;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The answer of a {@link UserDirectory}: a user or the knowledge that there is none. Immutable. */
public final class Lookup {
  /** Where the answer came from. */
  public enum Source {
    /** Read before and still fresh. */
    CACHE,
    /** Read for this call. */
    LOADED,
    /** Read before and too old, but the database is away. */
    STALE
  }

  private final @Nullable User user;
  private final long ageNanos;
  private final Source source;

  Lookup(@Nullable User user, long ageNanos, Source source) {
    this.user = user;
    this.ageNanos = ageNanos;
    this.source = source;
  }

  /** The user, or empty when the source knows no such subject. */
  public Optional<User> user() {
    return Optional.ofNullable(user);
  }

  /** How long ago the answer was read from the source. */
  public Duration age() {
    return Duration.ofNanos(ageNanos);
  }

  /** Where the answer came from. */
  public Source source() {
    return source;
  }

  @Override
  public String toString() {
    return "Lookup[" + (user == null ? "no user" : user) + ", " + source + ", age " + age() + "]";
  }
}
