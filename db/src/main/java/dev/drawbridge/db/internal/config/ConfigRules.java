package dev.drawbridge.db.internal.config;

import dev.drawbridge.db.DbConfigException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Checks of configuration values, for this module's own builders: rule first, then the value.
 *
 * <p>Every failure is a {@link DbConfigException}.
 */
public final class ConfigRules {
  /** The longest time that a driver, which may count milliseconds in an int, is asked for. */
  public static final Duration LONGEST = Duration.ofDays(24);

  private ConfigRules() {}

  /** Fails with the rule unless it holds. */
  public static void check(boolean holds, String rule) {
    if (!holds) {
      throw new DbConfigException(rule, null);
    }
  }

  /** Fails when nothing was given, as by a variable of the environment that is not set. */
  public static void given(String name, @Nullable Object value) {
    check(value != null, name + " must be given: null");
  }

  /** A time from {@code least} to {@link #LONGEST}. */
  public static void atLeast(String name, @Nullable Duration value, Duration least) {
    given(name, value);
    if (value != null) {
      check(value.compareTo(least) >= 0, name + " must be at least " + least + ": " + value);
      check(value.compareTo(LONGEST) <= 0, name + " must be at most " + LONGEST + ": " + value);
    }
  }

  /** A time of more than zero, up to {@link #LONGEST}. */
  public static void positive(String name, @Nullable Duration value) {
    given(name, value);
    check(
        value != null && !value.isZero() && !value.isNegative(),
        name + " must be more than zero: " + value);
    atLeast(name, value, Duration.ZERO);
  }

  /** A number in a range, both ends included. */
  public static void range(String name, int value, int least, int most) {
    check(
        value >= least && value <= most,
        name + " must be in [" + least + ", " + most + "]: " + value);
  }
}
