package dev.drawbridge.outbox.internal;

import dev.drawbridge.endpoint.cluster.Entry;
import org.jspecify.annotations.Nullable;

/**
 * A row of the outbox as it is read. Immutable.
 *
 * @param data null for none, and when it is longer than {@value OutboxTable#INLINE} characters
 * @param length of the data, 0 for none
 * @param stamp when it was inserted, epoch microseconds; 0 for a time that cannot be counted
 * @param ageMillis since its insert, by the database's clock
 */
record Waiting(
    long id,
    String channel,
    String type,
    @Nullable String data,
    long length,
    long stamp,
    long ageMillis) {
  String key() {
    return key(id, stamp);
  }

  /**
   * By which the log knows a row. Not by its number alone: numbers begin anew after {@code
   * TRUNCATE}, a restored backup and a database made anew, and the log may outlive these.
   */
  static String key(long id, long stamp) {
    return Entry.OUTBOX_KEY + id + ':' + stamp;
  }
}
