package dev.drawbridge.cluster.sql;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import java.nio.file.Path;
import java.util.List;
import org.h2.jdbcx.JdbcDataSource;
import org.h2.tools.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can never carry channels is refused before the server starts, with the way out. */
class UnsuitableDatabaseTest {
  private static final String SENTENCE =
      "the channels of several servers need PostgreSQL or MariaDB, and the database is H2";

  private static ClusterEngine create(Database database, String url) {
    return new SqlEngineFactory()
        .create(
            ClusterConfig.builder("sql", "shop")
                .url(url)
                .attributes(name -> name.equals(Database.class.getName()) ? database : null)
                .build());
  }

  @Test
  void h2IsRefusedInMemoryInAFileAndAsAServer(@TempDir Path directory) throws Exception {
    Server server = Server.createTcpServer("-tcpPort", "0", "-ifNotExists").start();
    try {
      List<String> urls =
          List.of(
              "jdbc:h2:mem:unsuitable",
              "jdbc:h2:file:" + directory.resolve("h2"),
              "jdbc:h2:tcp://localhost:" + server.getPort() + "/" + directory.resolve("h2server"));
      for (String url : urls) {
        try (Database database =
            Database.open(DatabaseConfig.builder().url(url).user("sa").password("").build())) {
          assertThatThrownBy(() -> create(database, null))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessageStartingWith(SENTENCE)
              .hasMessageContaining("DRAWBRIDGE_DB_URL")
              .hasMessageContaining("DRAWBRIDGE_CLUSTER=redis");
        }
      }
    } finally {
      server.stop();
    }
  }

  /** Of a data source nobody knows before it is asked. */
  @Test
  void aDataSourceOfH2IsRefusedAtTheStart() {
    JdbcDataSource h2 = new JdbcDataSource();
    h2.setURL("jdbc:h2:mem:unsuitable-source");
    try (Database database = Database.of(h2, DatabaseConfig.builder().build());
        ClusterEngine engine = create(database, null)) {
      assertThatThrownBy(() -> TestPeer.of("a", (SqlEngine) engine))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(SENTENCE);
    }
  }

  @Test
  void anAddressThatIsNoJdbcUrlIsRefusedWithoutShowingIt() {
    try (Database database =
        Database.open(
            DatabaseConfig.builder()
                .url("jdbc:postgresql://localhost:1/x")
                .startMode(DatabaseConfig.StartMode.DEGRADED)
                .build())) {
      assertThatThrownBy(() -> create(database, "redis://:s3cret@localhost"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("DRAWBRIDGE_CLUSTER_URL must be a jdbc: URL")
          .hasMessageNotContaining("s3cret");
    }
  }

  @Test
  void withoutADatabaseTheSettingIsNamed() {
    assertThatThrownBy(
            () -> new SqlEngineFactory().create(ClusterConfig.builder("sql", "shop").build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("DRAWBRIDGE_DB_URL or DRAWBRIDGE_DB_JNDI");
  }
}
