package dev.drawbridge.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.DbSession;
import dev.drawbridge.outbox.Outbox;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionTemplate;

/** In transactions of a data source that an application wraps, on H2. */
class OutboxTemplateTest {
  private static final JdbcDataSource H2 = new JdbcDataSource();

  static {
    H2.setURL("jdbc:h2:mem:template;DB_CLOSE_DELAY=-1");
  }

  /** Inserts a row and remembers that somebody has committed. */
  private static final class Rows implements Outbox {
    private int committed;

    @Override
    public void publish(Connection connection, String channel, String type, @Nullable Object data)
        throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.executeUpdate("INSERT INTO sent VALUES ('" + channel + "')");
      }
    }

    @Override
    public void publishToUser(
        Connection connection, String subject, String type, @Nullable Object data)
        throws SQLException {
      publish(connection, "~" + subject, type, data);
    }

    @Override
    public void publish(DbSession session, String channel, String type, @Nullable Object data) {
      throw new UnsupportedOperationException("of Database.transact");
    }

    @Override
    public void publishToUser(
        DbSession session, String subject, String type, @Nullable Object data) {
      throw new UnsupportedOperationException("of Database.transact");
    }

    @Override
    public void committed() {
      committed++;
    }
  }

  /** As jOOQ and MyBatis want it; a transaction manager knows what is inside. */
  @Test
  void proxyThatKnowsTransactionsIsTheDataSourceInside() {
    DataSource proxy = new TransactionAwareDataSourceProxy(new TransactionAwareDataSourceProxy(H2));
    JdbcTemplate jdbc = new JdbcTemplate(H2);
    jdbc.execute("CREATE TABLE sent (channel VARCHAR(40))");
    Rows outbox = new Rows();
    OutboxTemplate template = new OutboxTemplate(proxy, outbox);
    TransactionTemplate transaction = new TransactionTemplate(new DataSourceTransactionManager(H2));

    transaction.executeWithoutResult(status -> template.publish("orders:1", "changed", null));
    transaction.executeWithoutResult(
        status -> {
          template.publish("orders:2", "changed", null);
          status.setRollbackOnly();
        });

    assertThat(jdbc.queryForList("SELECT channel FROM sent", String.class))
        .containsExactly("orders:1");
    assertThat(outbox.committed).isEqualTo(1);
    assertThatThrownBy(() -> template.publish("orders:3", "changed", null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Open now: none");
  }
}
