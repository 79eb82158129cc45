package dev.drawbridge.endpoint.cluster;

/**
 * One connection in one group. Immutable; two are equal when group, connection and node are.
 *
 * @param group {@code c:<channel>} of a presence, {@code u:<subject>} of a limit
 * @param subject the user
 * @param displayName what people see
 * @param connection id of the connection
 * @param node id of its node
 * @param since epoch milliseconds of its entering
 */
public record Member(
    String group, String subject, String displayName, String connection, String node, long since) {

  /** In front of a channel's name. */
  public static final String CHANNEL = "c:";

  /** In front of a subject. */
  public static final String USER = "u:";

  /** True if entering and leaving is told to the channel. */
  public boolean isPresence() {
    return group.startsWith(CHANNEL);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Member that
        && group.equals(that.group)
        && connection.equals(that.connection)
        && node.equals(that.node);
  }

  @Override
  public int hashCode() {
    return (group.hashCode() * 31 + connection.hashCode()) * 31 + node.hashCode();
  }
}
