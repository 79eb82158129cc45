package dev.drawbridge.db.user;

import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/** A directory whose clock and chance are the test's, for tests of other packages. */
public final class ClockedDirectory {
  private ClockedDirectory() {}

  /**
   * Makes one.
   *
   * @param random from 0 to 1; 0.5 means no jitter
   */
  public static UserDirectory of(
      UserSource source, UserDirectoryConfig config, LongSupplier nanos, DoubleSupplier random) {
    return new UserDirectory(source, config, nanos, random);
  }
}
