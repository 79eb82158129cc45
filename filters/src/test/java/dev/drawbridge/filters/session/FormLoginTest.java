package dev.drawbridge.filters.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.ForeignServlet;
import dev.drawbridge.filters.testing.TomcatServer;
import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.ee11.webapp.WebAppContext;
import org.eclipse.jetty.security.HashLoginService;
import org.eclipse.jetty.security.UserStore;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.security.Password;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An old application whose login is the container's form gets the blocks of the README in its
 * {@code web.xml}, and no line of Java; in two containers.
 */
class FormLoginTest {
  private static final String DATABASE = "jdbc:h2:mem:formlogin;DB_CLOSE_DELAY=-1";

  @TempDir Path directory;
  private Path webApp;

  @BeforeEach
  void assemble() throws Exception {
    try (Connection connection = DriverManager.getConnection(DATABASE);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS customer (login VARCHAR(40) PRIMARY KEY)");
      statement.execute("MERGE INTO customer VALUES ('alice')");
    }
    webApp = directory.resolve("old");
    Files.createDirectories(webApp.resolve("account"));
    Files.createDirectories(webApp.resolve("WEB-INF"));
    Files.writeString(webApp.resolve("login.html"), "<title>login</title>");
    Files.writeString(webApp.resolve("account/index.html"), "<title>account</title>");
    Files.writeString(
        webApp.resolve("WEB-INF/web.xml"),
        """
        <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">
          <context-param>
            <param-name>drawbridge.jwt.secret</param-name><param-value>%s</param-value>
          </context-param>
          <context-param>
            <param-name>drawbridge.jwt.issuer</param-name><param-value>http://old</param-value>
          </context-param>
          <context-param>
            <param-name>drawbridge.jwt.audience</param-name><param-value>old</param-value>
          </context-param>
          <context-param>
            <param-name>drawbridge.db.url</param-name><param-value>%s</param-value>
          </context-param>
          <context-param>
            <param-name>drawbridge.user.query</param-name>
            <param-value>SELECT login AS subject FROM customer WHERE login = :subject</param-value>
          </context-param>
          %s
          %s
          %s
          <servlet>
            <servlet-name>foreign</servlet-name>
            <servlet-class>%s</servlet-class>
          </servlet>
          <servlet-mapping>
            <servlet-name>foreign</servlet-name>
            <url-pattern>/ws</url-pattern>
          </servlet-mapping>
          <security-constraint>
            <web-resource-collection>
              <web-resource-name>account</web-resource-name>
              <url-pattern>/account/*</url-pattern>
            </web-resource-collection>
            <auth-constraint><role-name>customer</role-name></auth-constraint>
          </security-constraint>
          <login-config>
            <auth-method>FORM</auth-method>
            <realm-name>shop</realm-name>
            <form-login-config>
              <form-login-page>/login.html</form-login-page>
              <form-error-page>/login.html</form-error-page>
            </form-login-config>
          </login-config>
          <security-role><role-name>customer</role-name></security-role>
        </web-app>
        """
            .formatted(
                SessionServer.SECRET,
                DATABASE,
                block("\n## DevCorsFilter\n"),
                block("\n## JwtHandshakeFilter\n"),
                block("\n## SessionTokenServlet\n"),
                ForeignServlet.class.getName()));
  }

  /** The first XML block behind a heading: what a reader copies. */
  private static String block(String heading) throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    int start = readme.indexOf("```xml\n", readme.indexOf(heading)) + 7;
    return readme.substring(start, readme.indexOf("```", start));
  }

  @Test
  void tenLinesAreEnoughInJetty() throws Exception {
    Server server = new Server(0);
    WebAppContext context = new WebAppContext(webApp.toUri().toString(), "/");
    context.setParentLoaderPriority(true);
    context.setThrowUnavailableOnStartupException(true);
    UserStore users = new UserStore();
    users.addUser("alice", new Password("1234"), new String[] {"customer"});
    HashLoginService service = new HashLoginService("shop");
    service.setUserStore(users);
    context.getSecurityHandler().setLoginService(service);
    server.setHandler(context);
    server.start();
    try {
      exercise(((ServerConnector) server.getConnectors()[0]).getLocalPort());
    } finally {
      server.stop();
    }
  }

  @Test
  void tenLinesAreEnoughInTomcat() throws Exception {
    try (TomcatServer server =
        new TomcatServer(
            directory.resolve("tomcat"),
            webApp,
            tomcat -> {
              tomcat.addUser("alice", "1234");
              tomcat.addRole("alice", "customer");
            })) {
      exercise(server.port());
    }
  }

  private static void exercise(int port) throws Exception {
    HttpClient browser =
        HttpClient.newBuilder()
            .cookieHandler(new CookieManager())
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
    String root = "http://127.0.0.1:" + port;

    HttpResponse<String> before = send(browser, root + "/ws/token", SessionServer.SCRIPT);
    assertThat(before.statusCode()).isEqualTo(401);
    assertThat(SessionServer.code(before)).isEqualTo("login_required");
    assertThat(before.headers().firstValue("Set-Cookie")).isEmpty();

    assertThat(send(browser, root + "/account/index.html").body()).contains("login");
    browser.send(
        HttpRequest.newBuilder(URI.create(root + "/j_security_check"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("j_username=alice&j_password=1234"))
            .build(),
        HttpResponse.BodyHandlers.ofString());
    assertThat(send(browser, root + "/account/index.html").body()).contains("account");

    HttpResponse<String> given = send(browser, root + "/ws/token", SessionServer.SCRIPT);
    assertThat(given.statusCode()).isEqualTo(200);
    String token = SessionServer.json(given).get("token").asText();
    HttpClient stranger = HttpClient.newHttpClient();
    assertThat(send(stranger, root + "/ws", "Authorization", "Bearer " + token).body())
        .isEqualTo("foreign");
    assertThat(send(stranger, root + "/ws").statusCode()).isEqualTo(401);

    List<String> foreign = new ArrayList<>(List.of(SessionServer.SCRIPT));
    foreign.set(1, "cross-site");
    HttpResponse<String> refused =
        send(browser, root + "/ws/token", foreign.toArray(new String[0]));
    assertThat(SessionServer.code(refused)).isEqualTo("same_origin_required");
    for (String method : List.of("HEAD", "POST", "OPTIONS", "TRACE")) {
      HttpResponse<String> other =
          browser.send(
              HttpRequest.newBuilder(URI.create(root + "/ws/token"))
                  .method(method, HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      // Jetty's own descriptor forbids TRACE before any servlet is asked.
      assertThat(other.statusCode()).as(method).isIn(method.equals("TRACE") ? 403 : 405, 405);
      assertThat(other.body()).as(method).doesNotContain("JSESSIONID");
    }
  }

  private static HttpResponse<String> send(HttpClient client, String url, String... headers)
      throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
