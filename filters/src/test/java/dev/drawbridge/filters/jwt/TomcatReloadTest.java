package dev.drawbridge.filters.jwt;

import static dev.drawbridge.filters.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.migrations.Migrations;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.scan.StandardJarScanner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application with the filter and a database that Tomcat stops and starts again. */
class TomcatReloadTest {
  @TempDir Path directory;

  @Test
  void reloadedApplicationLeavesNothingAndWorksAgain() throws Exception {
    String url = "jdbc:h2:mem:reload;DB_CLOSE_DELAY=-1";
    Migrations.builder().url(url).user("sa").password("").build().run();
    try (Connection connection = DriverManager.getConnection(url, "sa", "");
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(
          "INSERT INTO app_user (id, subject, display_name) VALUES ('a', 'alice', 'Alice')");
      // Every thread of this JVM that is there before the application is none of it.
      Set<Thread> before = threads();
      Map<String, String> settings = TestServer.production();
      settings.put("drawbridge.db.url", url);
      settings.put("drawbridge.db.user", "sa");
      settings.put("drawbridge.jwt.revocations", "database");
      Tomcat tomcat = new Tomcat();
      tomcat.setBaseDir(directory.toString());
      tomcat.setPort(0);
      tomcat.getConnector().setProperty("address", "127.0.0.1");
      Context context = application(tomcat, settings);
      tomcat.start();
      try {
        int port = tomcat.getConnector().getLocalPort();
        for (int round = 0; round < 3; round++) {
          assertThat(ask(port, TestTokens.good("alice"))).isEqualTo("200 hello");
          assertThat(ask(port, "x")).startsWith("401").contains("token_malformed");
          assertThat(poolThreads(before)).isNotEmpty();

          context.stop();

          eventually("no thread of the pool is left", () -> poolThreads(before).isEmpty());
          assertThat(sessions(statement)).as("connections, the test's own included").isOne();
          context.start();
          assertThat(context.getState().isAvailable()).isTrue();
        }
        assertThat(ask(port, TestTokens.good("alice"))).isEqualTo("200 hello");
      } finally {
        tomcat.stop();
        tomcat.destroy();
      }
      eventually("no thread of the pool is left", () -> poolThreads(before).isEmpty());
      statement.execute("SHUTDOWN");
    }
  }

  private Context application(Tomcat tomcat, Map<String, String> settings) throws IOException {
    Path webApp = Files.createDirectories(directory.resolve("app/WEB-INF")).getParent();
    Files.writeString(webApp.resolve("hello.txt"), "hello");
    StringBuilder params = new StringBuilder();
    settings.forEach(
        (name, value) ->
            params.append(
                "<context-param><param-name>%s</param-name><param-value>%s</param-value>"
                        .formatted(name, value)
                    + "</context-param>"));
    Files.writeString(
        webApp.resolve("WEB-INF/web.xml"),
        """
        <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0"
            metadata-complete="true">
          %s
          <filter>
            <filter-name>jwt</filter-name>
            <filter-class>%s</filter-class>
            <async-supported>true</async-supported>
          </filter>
          <filter-mapping>
            <filter-name>jwt</filter-name>
            <url-pattern>/*</url-pattern>
          </filter-mapping>
        </web-app>
        """
            .formatted(params, JwtHandshakeFilter.class.getName()));
    Context context = tomcat.addWebapp("", webApp.toString());
    context.setParentClassLoader(TomcatReloadTest.class.getClassLoader());
    // Jetty is on the class path of the test, and its initializers look for their own context.
    context.setContainerSciFilter("jetty");
    ((StandardJarScanner) context.getJarScanner()).setScanClassPath(false);
    return context;
  }

  private static int sessions(Statement statement) {
    try (ResultSet row =
        statement.executeQuery("SELECT COUNT(*) FROM INFORMATION_SCHEMA.SESSIONS")) {
      row.next();
      return row.getInt(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String ask(int port, String token) throws Exception {
    HttpResponse<String> response =
        TestServer.CLIENT.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/hello.txt"))
                .header("Authorization", "Bearer " + token)
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return response.statusCode() + " " + response.body();
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet();
  }

  private static Set<String> poolThreads(Set<Thread> before) {
    return threads().stream()
        .filter(thread -> !before.contains(thread))
        .map(thread -> thread.getName().toLowerCase(java.util.Locale.ROOT))
        .filter(name -> name.contains("drawbridge") || name.contains("hikari"))
        .collect(Collectors.toSet());
  }
}
