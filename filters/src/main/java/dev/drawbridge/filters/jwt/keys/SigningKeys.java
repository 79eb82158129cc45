package dev.drawbridge.filters.jwt.keys;

import dev.drawbridge.filters.refusal.RefusedException;
import org.jspecify.annotations.Nullable;

/**
 * Where the keys that verify tokens come from: a secret, a PEM file, a key-set file or a key-set
 * URL. Implementations are thread-safe.
 */
public interface SigningKeys extends AutoCloseable {

  /**
   * The keys in force now. Cheap: it is asked for each token.
   *
   * @throws RefusedException with {@code keys_unavailable} when there are none
   */
  KeySet current();

  /** Those that are there already, without a wait or a look at their age; null before the first. */
  default @Nullable KeySet known() {
    return current();
  }

  /**
   * Asked when a token names a key that a set does not hold: perhaps there is a newer one.
   *
   * @param seen the set without the key
   * @return a newer set, or the same when there is none or it must not be asked for again so soon
   */
  default KeySet newerThan(KeySet seen) {
    return current();
  }

  /** True when {@link #current()} has keys. */
  default boolean isReady() {
    return true;
  }

  @Override
  default void close() {}

  /** Keys that never change. */
  static SigningKeys fixed(KeySet keys) {
    return () -> keys;
  }
}
