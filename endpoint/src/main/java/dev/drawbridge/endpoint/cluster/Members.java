package dev.drawbridge.endpoint.cluster;

import java.util.List;

/**
 * Who is in a group, at one position of the log. Immutable.
 *
 * @param seq the position at which this is true, 0 when the log is not open
 * @param count different subjects in all
 * @param list at most as many as were asked for, in the order of their coming
 * @param partial the list does not name everybody, or may be out of date because the engine is away
 */
public record Members(long seq, int count, List<Present> list, boolean partial) {

  /**
   * One subject.
   *
   * @param subject the user
   * @param displayName what people see
   * @param since epoch milliseconds of the oldest of the connections
   * @param connections how many
   */
  public record Present(String subject, String displayName, long since, int connections) {}

  /** Copies the list. */
  public Members {
    list = List.copyOf(list);
  }
}
