package dev.drawbridge.db.internal.sql;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.drawbridge.db.Dialect;
import org.jspecify.annotations.Nullable;

/** The statements of one database that were cut at their parameters already. Thread-safe. */
public final class ParsedStatements {
  private static final int KEPT = 1_000;

  /** Longer statements, generated ones as a rule, would fill the memory with what is used once. */
  private static final int LONGEST_KEPT = 20_000;

  /** A power of two. */
  private static final int AT_HAND = 256;

  private final Cache<String, SqlText> kept =
      Caffeine.newBuilder().maximumSize(KEPT).executor(Runnable::run).build();

  /**
   * In front of the cache, whose bookkeeping costs as much as all else of a query: the last one of
   * each hash. Written and read without a lock: a text is immutable, and the wrong one is noticed.
   */
  private final @Nullable SqlText[] atHand = new SqlText[AT_HAND];

  /** The statement as the database reads it, whose dialect must be the same in every call. */
  public SqlText get(String sql, Dialect dialect) {
    int slot = sql.hashCode() & (AT_HAND - 1);
    SqlText last = atHand[slot];
    if (last != null && last.source().equals(sql)) {
      return last;
    }
    if (sql.length() > LONGEST_KEPT) {
      return SqlText.parse(sql, dialect);
    }
    SqlText known = kept.getIfPresent(sql);
    SqlText text = known != null ? known : kept.get(sql, key -> SqlText.parse(key, dialect));
    atHand[slot] = text;
    return text;
  }
}
