package dev.drawbridge.outbox.internal;

import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.TransactionOutcome;
import dev.drawbridge.endpoint.cluster.ChannelSource.Feed;
import dev.drawbridge.outbox.Outbox;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Checks, inserts one row, and rings the relay. Thread-safe. */
final class TransactionalOutbox implements Outbox {
  private static final String INSERT =
      "INSERT INTO drawbridge_outbox (channel, type, data) VALUES (?, ?, ?)";

  private static final String OWN = "~";
  private static final int MAX_SUBJECT = 255;
  private static final int CHANNEL = 1;
  private static final int TYPE = 2;
  private static final int DATA = 3;

  private final Feed feed;
  private final Relay relay;

  TransactionalOutbox(Feed feed, Relay relay) {
    this.feed = feed;
    this.relay = relay;
  }

  @Override
  public void publish(DbSession session, String channel, String type, @Nullable Object data) {
    insert(session, notOwn(channel), type, data);
  }

  @Override
  public void publishToUser(DbSession session, String subject, String type, @Nullable Object data) {
    insert(session, ownOf(subject), type, data);
  }

  private void insert(DbSession session, String channel, String type, @Nullable Object data) {
    String json = checked(channel, type, data);
    if (!session.inTransaction()) {
      throw new IllegalStateException(
          "a transaction must be open, because the message is sent when it commits: begin one, or"
              + " use Channels.publish");
    }
    session.update(INSERT, channel, type, json).run();
    session.afterCompletion(
        outcome -> {
          if (outcome != TransactionOutcome.ROLLED_BACK) {
            relay.ring();
          }
        });
  }

  @Override
  public void publish(Connection connection, String channel, String type, @Nullable Object data)
      throws SQLException {
    insert(connection, notOwn(channel), type, data);
  }

  @Override
  public void publishToUser(
      Connection connection, String subject, String type, @Nullable Object data)
      throws SQLException {
    insert(connection, ownOf(subject), type, data);
  }

  private void insert(Connection connection, String channel, String type, @Nullable Object data)
      throws SQLException {
    String json = checked(channel, type, data);
    if (connection.getAutoCommit()) {
      throw new IllegalStateException(
          "a transaction must be open, because the message is sent when it commits: autoCommit of"
              + " the connection is true");
    }
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setString(CHANNEL, channel);
      insert.setString(TYPE, type);
      insert.setString(DATA, json);
      insert.executeUpdate();
    }
    relay.expect();
  }

  @Override
  public void committed() {
    relay.ring();
  }

  /** What tokens may say, too; a NUL would end the transaction on PostgreSQL. */
  private static String ownOf(@Nullable String subject) {
    if (subject == null
        || subject.isBlank()
        || subject.length() > MAX_SUBJECT
        || !subject.strip().equals(subject)
        || !subject.codePoints().allMatch(TransactionalOutbox::isPlain)) {
      throw new IllegalArgumentException(
          "a subject must have 1 to "
              + MAX_SUBJECT
              + " characters, no control characters, no half of a surrogate pair, no blanks at its"
              + " ends: "
              + (subject == null ? "null" : subject.length() + " characters"));
    }
    return OWN + subject;
  }

  private static boolean isPlain(int c) {
    return !Character.isISOControl(c) && Character.getType(c) != Character.SURROGATE;
  }

  private static void requirePresent(@Nullable String text, String what) {
    if (text == null) {
      throw new IllegalArgumentException(what + " must be there: null");
    }
  }

  /** Only a subject makes a channel of a user's own. */
  private static String notOwn(String channel) {
    requirePresent(channel, "a channel");
    if (channel.startsWith(OWN)) {
      throw new IllegalArgumentException(
          "a channel must not begin with ~; to a user by publishToUser: " + channel);
    }
    return channel;
  }

  private @Nullable String checked(String channel, String type, @Nullable Object data) {
    requirePresent(type, "a type");
    String json = feed.json(data);
    String refusal = feed.refusal(channel, type, json);
    if (refusal != null) {
      throw new IllegalArgumentException(refusal);
    }
    return json;
  }
}
