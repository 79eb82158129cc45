package dev.drawbridge.cluster.sql;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.EngineException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where the engine's connections come from: beside the pool of Drawbridge's database, from another
 * address that is set for them, or from a data source that lends them. Thread-safe.
 */
final class SqlServer {
  /** Of a connection and its greeting; each call has a limit of its own. */
  private static final Duration CONNECT = Duration.ofMillis(1_800);

  private static final Duration STATEMENT = Duration.ofMillis(500);

  private final Borrower borrower;
  private final ClusterConfig cluster;

  /** How to connect by ourselves; null where a data source lends connections. */
  private final @Nullable DatabaseConfig own;

  /** What a data source leads to; null before the first, or where none lends. */
  private volatile @Nullable Server lent;

  /**
   * Connects to nothing.
   *
   * @throws IllegalArgumentException if what is set can never do
   */
  SqlServer(Database database, ClusterConfig cluster) {
    this.borrower = new Borrower(database::connect);
    this.cluster = cluster;
    String url = cluster.url();
    if (url == null && !database.hasOwnPool()) {
      own = null;
    } else {
      check(url == null ? database.config().url() : url);
      DatabaseConfig.Builder builder = database.config().toBuilder();
      own = limited(url == null ? builder : builder.url(url).jndi(null));
    }
  }

  private static DatabaseConfig limited(DatabaseConfig.Builder builder) {
    return builder.connectTimeout(CONNECT).socketTimeout(CONNECT).queryTimeout(STATEMENT).build();
  }

  private static void check(String url) {
    String lower = url.toLowerCase(Locale.ROOT);
    if (!lower.startsWith("jdbc:")) {
      throw new IllegalArgumentException(
          "DRAWBRIDGE_CLUSTER_URL must be a jdbc: URL of the database, past a pooler that is in"
              + " between, or not set at all");
    }
    if (lower.contains(":h2:")) {
      throw new IllegalArgumentException(Server.Unsuitable.sentence("H2"));
    }
  }

  /** False where each call borrows one and gives it back. */
  boolean keepsConnections() {
    return own != null;
  }

  /**
   * Connects, or borrows.
   *
   * @param millis longest wait for what is lent; of our own connections {@link #CONNECT} holds
   */
  Connection connect(long millis) throws SQLException {
    DatabaseConfig config = own;
    if (config == null) {
      return borrower.borrow(millis);
    }
    if (cluster.url() == null || cluster.user() == null) {
      return Database.connect(config);
    }
    String password;
    try {
      password = cluster.password();
    } catch (EngineException e) {
      throw new SQLException(e.getMessage(), "28000");
    }
    return Database.connect(
        config.toBuilder().user(cluster.user()).passwordFile(null).password(password).build());
  }

  /** Makes ready what has just been connected, and says what it leads to. */
  Server prepare(Connection connection) throws SQLException {
    if (!keepsConnections()) {
      // Nothing stays set on what goes back: each transaction sets what it needs.
      Server before = lent;
      if (before == null) {
        before = Server.of(connection);
        lent = before;
      }
      return before;
    }
    Server kind = Server.of(connection);
    if (kind == Server.MARIADB) {
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      // What a paused server holds in a transaction ends by itself, and nobody waits for longer.
      try (Statement statement = connection.createStatement()) {
        statement.execute(
            "SET SESSION innodb_lock_wait_timeout = 2, SESSION idle_transaction_timeout = 3");
      }
    }
    return kind;
  }

  /** Nobody waits any longer for what is lent. */
  void close() {
    borrower.close();
  }
}
