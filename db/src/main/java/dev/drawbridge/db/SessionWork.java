package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/**
 * Work done with one session.
 *
 * @param <T> what it returns
 * @param <E> the checked exception it may throw; inferred as {@code RuntimeException} when none
 */
@FunctionalInterface
public interface SessionWork<T extends @Nullable Object, E extends Exception> {
  /** Does the work; the session is closed by whoever opened it. */
  T run(DbSession session) throws E;
}
