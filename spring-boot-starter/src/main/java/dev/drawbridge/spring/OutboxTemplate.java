package dev.drawbridge.spring;

import dev.drawbridge.outbox.Outbox;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.support.SQLErrorCodeSQLExceptionTranslator;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Publishes to channels in the transaction of the current thread, as {@code @Transactional} has
 * begun it on JDBC or JPA: sent if and only if it commits. Thread-safe.
 *
 * <pre>{@code
 * @Transactional
 * public void pay(long id) {
 *   jdbc.update("UPDATE orders SET state = 'paid' WHERE id = ?", id);
 *   outbox.publish("orders:" + id, "order.changed", Map.of("id", id, "state", "paid"));
 * }
 * }</pre>
 *
 * <p>All methods refuse what {@link Outbox} refuses, in the same words, and what is in no
 * transaction of the data source.
 */
public final class OutboxTemplate {
  private final Outbox outbox;

  /** The one by which transaction managers know its transactions: what a proxy stands for. */
  private final DataSource bound;

  /**
   * For applications with several data sources; with one the starter has made it.
   *
   * @param dataSource the one of the transactions, in which the tables of the outbox are
   * @param outbox the bean of that type
   */
  public OutboxTemplate(DataSource dataSource, Outbox outbox) {
    this.outbox = outbox;
    DataSource bound = dataSource;
    while (bound instanceof TransactionAwareDataSourceProxy proxy
        && proxy.getTargetDataSource() != null) {
      bound = proxy.getTargetDataSource();
    }
    this.bound = bound;
  }

  /** Work on the connection of the transaction. */
  private interface Insert {
    void on(Connection connection) throws SQLException;
  }

  /**
   * Publishes to everybody who is subscribed, if the transaction commits.
   *
   * @param channel as of {@link Outbox#publish(Connection, String, String, Object)}
   * @param data what Jackson can write; null for none
   * @throws IllegalArgumentException if it could not be sent; the rule, then the value
   * @throws IllegalStateException if no transaction of the data source is open
   * @throws DataAccessException if the row cannot be inserted
   */
  public void publish(String channel, String type, @Nullable Object data) {
    insert(connection -> outbox.publish(connection, channel, type, data));
  }

  /** The same to the own channel of a user, {@code ~}. */
  public void publishToUser(String subject, String type, @Nullable Object data) {
    insert(connection -> outbox.publishToUser(connection, subject, type, data));
  }

  private void insert(Insert insert) {
    // Asked before a connection is taken: a pool whose connections do not commit by themselves
    // would take the row and lose it.
    if (!TransactionSynchronizationManager.isActualTransactionActive()
        || !TransactionSynchronizationManager.hasResource(bound)) {
      throw new IllegalStateException(
          "a transaction of this data source must be open, because the message is sent when it"
              + " commits: annotate the method with @Transactional and call it from another bean,"
              + " or use Channels.publish. Open now: "
              + (TransactionSynchronizationManager.isActualTransactionActive()
                  ? "one of another resource"
                  : "none"));
    }
    Connection connection = DataSourceUtils.getConnection(bound);
    try {
      insert.on(connection);
    } catch (SQLException e) {
      throw translated(e);
    } finally {
      DataSourceUtils.releaseConnection(connection, bound);
    }
    if (TransactionSynchronizationManager.isSynchronizationActive()) {
      TransactionSynchronizationManager.registerSynchronization(
          new TransactionSynchronization() {
            @Override
            public void afterCommit() {
              outbox.committed();
            }
          });
    }
  }

  private DataAccessException translated(SQLException e) {
    DataAccessException known =
        new SQLErrorCodeSQLExceptionTranslator(bound).translate("publish into the outbox", null, e);
    return known == null
        ? new UncategorizedSQLException("publish into the outbox", null, e)
        : known;
  }
}
