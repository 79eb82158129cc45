package dev.drawbridge.db.user;

/** Numbers of a {@link UserDirectory} since its start, and its sizes now. Immutable. */
public final class UserDirectoryStats {
  private final long hits;
  private final long loads;
  private final long loadFailures;
  private final long staleAnswers;
  private final long unavailable;
  private final long invalidations;
  private final long users;
  private final long absent;
  private final int loading;
  private final boolean sourceAway;

  UserDirectoryStats(
      long hits,
      long loads,
      long loadFailures,
      long staleAnswers,
      long unavailable,
      long invalidations,
      long users,
      long absent,
      int loading,
      boolean sourceAway) {
    this.hits = hits;
    this.loads = loads;
    this.loadFailures = loadFailures;
    this.staleAnswers = staleAnswers;
    this.unavailable = unavailable;
    this.invalidations = invalidations;
    this.users = users;
    this.absent = absent;
    this.loading = loading;
    this.sourceAway = sourceAway;
  }

  /** Answers from the cache. */
  public long hits() {
    return hits;
  }

  /** Loads that ended well, absent users included. */
  public long loads() {
    return loads;
  }

  /** Loads that failed. */
  public long loadFailures() {
    return loadFailures;
  }

  /** Answers that were too old, given because the source was away. */
  public long staleAnswers() {
    return staleAnswers;
  }

  /** Lookups that ended in {@link UserLookupUnavailableException}. */
  public long unavailable() {
    return unavailable;
  }

  /** Invalidations of one subject or of all. */
  public long invalidations() {
    return invalidations;
  }

  /** Users in the cache now, approximately. */
  public long users() {
    return users;
  }

  /** Subjects known to be absent now, approximately. */
  public long absent() {
    return absent;
  }

  /** Loads under way or queued now. */
  public int loading() {
    return loading;
  }

  /** Whether the source failed so often in a row that it is left alone for a moment. */
  public boolean sourceAway() {
    return sourceAway;
  }
}
