package dev.drawbridge.filters.jwt.keys;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How a key set comes from an issuer's server. Used by one thread at a time. */
interface KeyFetch {

  /**
   * What came back.
   *
   * @param maxAge from {@code Cache-Control}, null when it does not say
   * @param date the server's clock, null when it does not say
   */
  record Answer(KeySet keys, @Nullable Duration maxAge, @Nullable Instant date) {}

  /**
   * Asks once.
   *
   * @throws UnusableKeysException if there is no good answer in time; the message names the reason
   * @throws InterruptedException if this thread is interrupted
   */
  Answer fetch() throws UnusableKeysException, InterruptedException;

  /** Scheme, host and port of the server, for the log. */
  String server();
}
