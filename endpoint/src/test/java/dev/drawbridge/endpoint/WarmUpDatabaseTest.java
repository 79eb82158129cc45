package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.warmup.WarmUp;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.DispatcherType;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** The warm-up asks the users' own database. Alone, as there is one warm-up for all of a JVM. */
@Isolated
class WarmUpDatabaseTest {
  private static final String WARM_UP = "drawbridge-warm-up";
  private static final CountDownLatch ASKED = new CountDownLatch(1);
  private static final CountDownLatch RELEASED = new CountDownLatch(1);
  private static final CountDownLatch ANSWERED = new CountDownLatch(1);

  /** The thread inside of the database was interrupted. */
  private static volatile boolean interrupted;

  @TempDir Path directory;

  /** A function of the database; public because that makes no exception. */
  public static final class Function {
    private Function() {}

    /** The warm-up's look-up does not return before it is released. */
    public static String held() {
      if (Thread.currentThread().getName().equals(WARM_UP)) {
        ASKED.countDown();
        boolean over = false;
        while (!over) {
          try {
            over = RELEASED.await(30, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
        ANSWERED.countDown();
      }
      return "nobody";
    }
  }

  private String url() {
    return "jdbc:h2:file:" + directory.resolve("users");
  }

  private void createUsers() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE ALIAS held FOR '" + Function.class.getName() + ".held'");
      statement.execute("CREATE TABLE app_user_role (user_id BIGINT, role VARCHAR(64))");
      statement.execute(
          "CREATE VIEW app_user AS SELECT CAST(1 AS BIGINT) AS id, held() AS subject,"
              + " 'Nobody' AS display_name, 'ACTIVE' AS status,"
              + " CAST(NULL AS TIMESTAMP WITH TIME ZONE) AS tokens_valid_from");
    }
  }

  private ServletContextHandler application() {
    ServletContextHandler context = new ServletContextHandler("/");
    context.setInitParameter("drawbridge.jwt.secret", TestTokens.SECRET);
    context.setInitParameter("drawbridge.jwt.issuer", TestTokens.ISSUER);
    context.setInitParameter("drawbridge.jwt.audience", TestTokens.AUDIENCE);
    context.setInitParameter("drawbridge.db.url", url());
    context.setInitParameter("drawbridge.warm.up", "100ms");
    JettyWebSocketServletContainerInitializer.configure(context, null);
    context.addFilter(
        new FilterHolder(JwtHandshakeFilter.class), "/ws", EnumSet.of(DispatcherType.REQUEST));
    ServletHolder servlet = new ServletHolder(new DrawbridgeServlet());
    servlet.setInitOrder(1);
    context.addServlet(servlet, "/ws/*");
    return context;
  }

  /** An interrupt there would close the files of an embedded database, for everybody. */
  @Test
  void lookUpThatTakesTooLongIsNotInterruptedAndHoldsNoStart() throws Exception {
    createUsers();
    WarmUp.again();
    Server server = new Server();
    server.setHandler(application());

    server.start();

    try {
      assertThat(ASKED.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(ANSWERED.getCount()).isEqualTo(1);
      RELEASED.countDown();
      assertThat(ANSWERED.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(interrupted).isFalse();
      TestServer.await(
          "the warm-up is over",
          () ->
              Thread.getAllStackTraces().keySet().stream()
                  .noneMatch(thread -> thread.getName().equals(WARM_UP)));
    } finally {
      RELEASED.countDown();
      server.stop();
    }
  }
}
