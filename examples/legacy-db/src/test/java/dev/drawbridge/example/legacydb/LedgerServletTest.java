package dev.drawbridge.example.legacydb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.dbcp.dbcp2.BasicDataSource;
import org.apache.tomcat.util.descriptor.web.ContextResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The servlet in a Tomcat 9 whose own pool, of two connections, has the name that it looks up. */
class LedgerServletTest {
  private static final String URL = "jdbc:h2:mem:container;DB_CLOSE_DELAY=-1";

  @TempDir Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private Tomcat tomcat;
  private BasicDataSource pool;

  @BeforeEach
  void start() throws Exception {
    pool = new BasicDataSource();
    pool.setUrl(URL);
    pool.setUsername("sa");
    pool.setMaxTotal(2);
    pool.setMaxWait(Duration.ofMillis(300));
    // as many legacy containers are set up
    pool.setDefaultAutoCommit(false);
    try (Database database = Database.of(pool, DatabaseConfig.builder().build())) {
      new Ledger(database).createTables();
    }
    tomcat = new Tomcat();
    tomcat.setBaseDir(directory.toString());
    tomcat.setPort(0);
    tomcat.enableNaming();
    Context context = tomcat.addContext("", directory.toString());
    ContextResource resource = new ContextResource();
    resource.setName("jdbc/app");
    resource.setType("javax.sql.DataSource");
    resource.setAuth("Container");
    // or Tomcat would close it at its stop, and hide whether we did
    resource.setCloseMethod("");
    resource.setProperty("factory", GivenPool.class.getName());
    GivenPool.given = pool;
    context.getNamingResources().addResource(resource);
    Wrapper servlet = Tomcat.addServlet(context, "ledger", LedgerServlet.class.getName());
    servlet.setLoadOnStartup(1);
    context.addServletMappingDecoded("/ledger", "ledger");
    tomcat.getConnector();
    tomcat.start();
  }

  @AfterEach
  void stop() throws Exception {
    tomcat.stop();
    tomcat.destroy();
    // the container's pool is its own: our close() left it open
    assertThat(pool.isClosed()).isFalse();
    try (Connection connection = pool.getConnection();
        var statement = connection.createStatement()) {
      assertThat(connection.getAutoCommit()).isFalse();
      statement.execute("DROP ALL OBJECTS");
      connection.commit();
    }
    pool.close();
  }

  private HttpResponse<String> send(String method, String query) throws Exception {
    return client.send(
        HttpRequest.newBuilder(
                URI.create(
                    "http://localhost:" + tomcat.getConnector().getLocalPort() + "/ledger" + query))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void itWorksOnTheContainersPoolAndOnNoOther() throws Exception {
    assertThat(send("POST", "?from=1&to=2&cents=700").statusCode()).isEqualTo(204);
    assertThat(send("GET", "?account=2").body()).isEqualTo("700");
    assertThat(send("POST", "?from=2&to=1&cents=701").statusCode()).isEqualTo(409);
    assertThat(send("GET", "?account=1").body()).isEqualTo("9300");

    assertThat(pool.getNumActive()).isZero();
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .noneMatch(name -> name.startsWith("ledger:"));
  }

  @Test
  void anExhaustedContainerPoolIsBusyAndNotDown() throws Exception {
    List<Connection> all = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      all.add(pool.getConnection());
    }

    HttpResponse<String> answer = send("GET", "?account=1");

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    for (Connection connection : all) {
      connection.close();
    }
    assertThat(send("GET", "?account=1").body()).isEqualTo("10000");
  }
}
