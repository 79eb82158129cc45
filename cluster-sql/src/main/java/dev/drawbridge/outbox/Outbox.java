package dev.drawbridge.outbox;

import dev.drawbridge.db.DbException;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.endpoint.Channels;
import jakarta.servlet.ServletContext;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Publishes to channels as a part of a transaction: one row is inserted into {@code
 * drawbridge_outbox}, and after the commit some server of the deployment publishes it. What is
 * rolled back is not sent; what is committed is sent once. Thread-safe.
 *
 * <pre>{@code
 * database.transact(
 *     session -> {
 *       orders.pay(session, 7);
 *       Outbox.of(servletContext).publish(session, "orders:7", "order.changed", order);
 *     });
 * }</pre>
 *
 * <p>Messages keep the order of their rows' ids among what is committed: those of one transaction
 * in the order of their calls, and those of a transaction that began after another one's commit
 * behind it. Two transactions that overlap are sent in the order in which they are seen: by ids if
 * both are committed by then, else the one that commits first.
 *
 * <p>All methods refuse at once what could not be sent: a name that breaks a rule, a channel that
 * no rule of this endpoint fits, a reserved type, data that cannot be written or is too large.
 */
public interface Outbox {
  /**
   * The outbox of a web application.
   *
   * @throws IllegalStateException if no {@code DrawbridgeServlet} runs in it
   */
  static Outbox of(ServletContext context) {
    if (context.getAttribute(Outbox.class.getName()) instanceof Outbox outbox) {
      return outbox;
    }
    // Says why there is no endpoint.
    Channels unused = Channels.of(context);
    throw new IllegalStateException(
        "the endpoint of this web application has found no outbox: drawbridge-cluster-sql must be"
            + " beside drawbridge-endpoint, in WEB-INF/lib of the same application");
  }

  /**
   * Publishes to everybody who is subscribed, if the open transaction commits.
   *
   * @param channel as of {@link Channels#publish}
   * @param data what Jackson can write, at most 256 Ki characters with the rest of the frame; null
   *     for none
   * @throws IllegalArgumentException if it could not be sent; the rule, then the value
   * @throws IllegalStateException if no transaction is open
   * @throws DbException if the row cannot be inserted; the transaction can only be rolled back
   */
  void publish(DbSession session, String channel, String type, @Nullable Object data);

  /**
   * The same to the own channel of a user, {@code ~}, wherever that user is subscribed to it.
   *
   * @param subject 1 to 255 characters, no control characters, no blanks at its ends
   */
  void publishToUser(DbSession session, String subject, String type, @Nullable Object data);

  /**
   * The same for a transaction of Spring, JPA, jOOQ or plain JDBC: their connection, which stays
   * theirs. Nothing tells of their commit, so the row is looked for again and again, a few
   * milliseconds apart; {@link #committed} spares that.
   *
   * @throws IllegalArgumentException if it could not be sent; the rule, then the value
   * @throws IllegalStateException if the connection commits by itself
   * @throws SQLException if the row cannot be inserted
   */
  void publish(Connection connection, String channel, String type, @Nullable Object data)
      throws SQLException;

  /** The same to the own channel of a user. */
  void publishToUser(Connection connection, String subject, String type, @Nullable Object data)
      throws SQLException;

  /**
   * Says that there may be new rows now: after a commit on a plain connection, or of another
   * program that has told so. Costs nothing; does not block.
   */
  void committed();
}
