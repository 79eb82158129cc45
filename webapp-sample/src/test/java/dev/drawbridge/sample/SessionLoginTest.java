package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.LocalHttp;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.webapp.MetaInfConfiguration;
import org.eclipse.jetty.ee11.webapp.WebAppContext;
import org.eclipse.jetty.security.HashLoginService;
import org.eclipse.jetty.security.UserStore;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.security.Password;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application whose login is the container's form, the packaged client in a browser, and the
 * servlet of tokens between them. The application is {@code http://localhost:APP}, the foreign page
 * {@code http://127.0.0.1:OTHER}.
 */
@ExtendWith(Browsers.class)
class SessionLoginTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Runs the client as a page does that knows nothing of tokens; {@code %s} are its options. */
  private static final String PAGE =
      """
      <!doctype html><title>account</title>
      <script type="module">
        import { createClient } from '/drawbridge/drawbridge.js';
        import { sessionToken } from '/drawbridge/session.js';
        window.client = createClient({ %s, logger: { error() {} } });
        window.client.connect().catch(() => {});
      </script>
      """;

  private static final String SNAPSHOT =
      """
      (() => {
        const { status, error } = client.getSnapshot();
        return { status, ...(error && (({ code, action, title, hint, stage, message }) =>
          ({ code, action, title, hint, stage, message }))(error)) };
      })()""";

  /** Says who is connected. */
  private static final class Chat extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(Endpoint.Builder endpoint) {
      endpoint.on("who", Void.class, (nothing, connection) -> connection.user().subject());
    }
  }

  /** The application's own logout. */
  private static final class Sessions extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) {
      HttpSession session = request.getSession(false);
      if (session != null) {
        session.invalidate();
      }
    }
  }

  @TempDir Path directory;

  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);
  private final AtomicInteger visits = new AtomicInteger();
  private LocalHttp others;

  @BeforeEach
  void start() throws Exception {
    connector.setHost("localhost");
    server.addConnector(connector);
    connector.open();
    others =
        new LocalHttp()
            .otherwise(
                exchange -> {
                  String path = exchange.getRequestURI().getPath();
                  LocalHttp.serving(
                          path.startsWith("/drawbridge/") ? resource(path) : foreignPage(),
                          "Content-Type",
                          path.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8")
                      .answer(exchange);
                });
    server.setHandler(application());
    server.start();
  }

  @AfterEach
  void stop() throws Exception {
    server.stop();
    others.close();
  }

  private static String resource(String path) {
    try (InputStream file =
        SessionLoginTest.class.getResourceAsStream("/META-INF/resources" + path)) {
      return file == null ? "" : new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private String origin() {
    return "http://localhost:" + connector.getLocalPort();
  }

  private String foreignPage() {
    return PAGE.formatted(
        "url: '%s/ws', getToken: sessionToken('%s/ws/token')"
            .formatted(origin().replace("http", "ws"), origin()));
  }

  private WebAppContext application() throws Exception {
    Files.createDirectories(directory.resolve("account"));
    Files.createDirectories(directory.resolve("WEB-INF"));
    Files.writeString(
        directory.resolve("login.html"),
        """
        <!doctype html><title>login</title>
        <form method="post" action="/j_security_check">
          <input name="j_username"><input name="j_password" type="password">
        </form>
        """);
    Files.writeString(
        directory.resolve("account/index.html"), PAGE.formatted("getToken: sessionToken()"));
    Files.writeString(
        directory.resolve("WEB-INF/web.xml"),
        """
        <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
          <filter>
            <filter-name>cors</filter-name>
            <filter-class>dev.drawbridge.filters.cors.DevCorsFilter</filter-class>
            <async-supported>true</async-supported>
          </filter>
          <filter>
            <filter-name>jwt</filter-name>
            <filter-class>dev.drawbridge.filters.jwt.JwtHandshakeFilter</filter-class>
            <async-supported>true</async-supported>
          </filter>
          <filter-mapping><filter-name>cors</filter-name><url-pattern>/*</url-pattern></filter-mapping>
          <filter-mapping>
            <filter-name>jwt</filter-name>
            <url-pattern>/ws</url-pattern>
            <url-pattern>/ws/diagnose</url-pattern>
          </filter-mapping>
          <servlet>
            <servlet-name>tokens</servlet-name>
            <servlet-class>dev.drawbridge.filters.session.SessionTokenServlet</servlet-class>
          </servlet>
          <servlet-mapping>
            <servlet-name>tokens</servlet-name><url-pattern>/ws/token</url-pattern>
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
        """);
    WebAppContext context = new WebAppContext(directory.toUri().toString(), "/");
    context.setParentLoaderPriority(true);
    context.setAttribute(
        MetaInfConfiguration.CONTAINER_JAR_PATTERN,
        ".*/drawbridge-[^/]*\\.jar$|.*/target/classes/$");
    Map.of(
            "ENVIRONMENT", "production",
            "WEBSOCKET_ALLOWED_ORIGINS", origin(),
            "drawbridge.jwt.secret", "b8Qn2vTz5KxLr7WmYc4HfJs9DgPe3UaA",
            "drawbridge.jwt.issuer", "https://shop.example",
            "drawbridge.jwt.audience", "shop",
            "drawbridge.users", "token")
        .forEach(context::setInitParameter);
    ServletHolder chat = new ServletHolder("chat", new Chat());
    chat.setInitOrder(1);
    chat.setAsyncSupported(true);
    context.addServlet(chat, "/ws/*");
    context.addServlet(new ServletHolder(new Sessions()), "/account/logout");
    UserStore users = new UserStore();
    users.addUser("alice", new Password("1234"), new String[] {"customer"});
    HashLoginService service = new HashLoginService("shop");
    service.setUserStore(users);
    context.getSecurityHandler().setLoginService(service);
    context.setThrowUnavailableOnStartupException(true);
    return context;
  }

  /** As a person does: the protected page, the container's form, the page again. */
  private void logIn(Browser browser) {
    // Another address each time: browsers keep the page of a session that is over.
    String page = origin() + "/account/index.html?" + visits.incrementAndGet();
    browser.open(URI.create(page));
    browser.awaitTrue("document.title === 'login'", PATIENCE);
    // What the form sends, without leaving the page while a question to it is open.
    browser.evaluate(
        """
        fetch(document.forms[0].action, { method: 'POST', body: new URLSearchParams(
          { j_username: 'alice', j_password: '1234' }) }).then(() => true)""");
    browser.open(URI.create(page + "-again"));
    awaitStatus(browser, "open");
  }

  private static void awaitStatus(Browser browser, String status) {
    // A page that is being left has no client.
    browser.awaitTrue(
        "window.client && client.getSnapshot().status === '" + status + "'", PATIENCE);
  }

  private static void forget(Browser browser) {
    browser.evaluate("window.client?.close()");
  }

  @Test
  void whoIsLoggedInAtTheContainerIsConnectedUntilTheSessionEndsAndTheClientSaysWhy()
      throws Exception {
    Browsers.inEach(
        browser -> {
          logIn(browser);
          assertThat(browser.evaluate("client.request('who')").asText()).isEqualTo("alice");

          browser.evaluate("fetch('/account/logout', { method: 'POST' }).then(() => true)");

          awaitStatus(browser, "failed");
          JsonNode seen = browser.evaluate(SNAPSHOT);
          assertThat(seen.path("code").asText()).as("%s", seen).isEqualTo("login_required");
          assertThat(seen.path("action").asText()).isEqualTo("login");
          assertThat(seen.path("stage").asText()).isEqualTo("token");
          assertThat(seen.path("message").asText()).contains("login_required");
          assertThat(seen.toString()).doesNotContain("eyJ");

          logIn(browser);

          assertThat(browser.evaluate("client.request('who')").asText()).isEqualTo("alice");
          forget(browser);
        });
  }

  @Test
  void pageOfAnotherSiteGetsNeitherATokenNorAConnection() throws Exception {
    Browsers.inEach(
        browser -> {
          logIn(browser);
          forget(browser);

          browser.open(URI.create("http://127.0.0.1:" + others.port() + "/account/"));
          browser.awaitTrue("window.client && client.getSnapshot().error", PATIENCE);

          JsonNode seen = browser.evaluate(SNAPSHOT);
          assertThat(seen.path("stage").asText()).as("%s", seen).isEqualTo("token");
          assertThat(seen.path("status").asText()).isIn("waiting", "failed");
          for (String init :
              new String[] {
                "{ credentials: 'include' }",
                "{ credentials: 'include', headers: { 'x-requested-with': 'drawbridge' } }",
                "{ credentials: 'include', mode: 'no-cors' }"
              }) {
            assertThat(
                    browser
                        .evaluate(
                            "fetch('%s/ws/token', %s).then(r => r.text(), e => e.name)"
                                .formatted(origin(), init))
                        .asText())
                .as(init)
                .doesNotContain("eyJ");
          }
          // Even with somebody's token the page of another origin is not let in.
          assertThat(
                  browser
                      .evaluate(
                          """
                          new Promise(done => {
                            const socket = new WebSocket('%s/ws', ['drawbridge.v1']);
                            socket.onopen = () => done('open');
                            socket.onerror = () => done('refused');
                          })"""
                              .formatted(origin().replace("http", "ws")))
                      .asText())
              .isEqualTo("refused");
          forget(browser);
        });
  }
}
