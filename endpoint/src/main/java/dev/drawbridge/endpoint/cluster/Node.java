package dev.drawbridge.endpoint.cluster;

import java.time.Duration;

/**
 * One server as its engine knows it. Immutable.
 *
 * @param id random at every start, 1 to {@value #MAX_ID} characters of {@code [A-Za-z0-9]}: an
 *     engine refuses a second node of the same id
 * @param cluster name of the deployment, empty for the memory of one process; prefix of all keys
 * @param window how long the log must hold entries and know keys
 * @param windowEntries how many entries the log must hold, whichever is less
 * @param listed most members that a presence entry names; beyond that it tells the count alone
 */
public record Node(String id, String cluster, Duration window, int windowEntries, int listed) {
  private static final int MAX_ID = 32;

  /** Checks the id. */
  public Node {
    if (id.isEmpty() || id.length() > MAX_ID || !id.chars().allMatch(Node::isIdCharacter)) {
      throw new IllegalArgumentException(
          "a node's id must be 1 to " + MAX_ID + " characters of A-Z a-z 0-9: " + id);
    }
    if (window.isNegative() || window.isZero() || windowEntries < 1 || listed < 0) {
      throw new IllegalArgumentException(
          "window and windowEntries must be positive, listed must not be negative: "
              + window
              + ", "
              + windowEntries
              + ", "
              + listed);
    }
  }

  private static boolean isIdCharacter(int c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }
}
