package dev.drawbridge.dropin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.dropin.Container.Running;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code drawbridge-filters-javax} in the containers that know {@code javax.servlet} only. */
class JavaxIT {
  private static final String GOOD = "https://app.example.com";
  private static final String UPGRADE_FILTER =
      """
      <filter><filter-name>org.eclipse.jetty.ee8.websocket.servlet.WebSocketUpgradeFilter</filter-name>
        <filter-class>org.eclipse.jetty.ee8.websocket.servlet.WebSocketUpgradeFilter</filter-class>
        <async-supported>true</async-supported></filter>
      <filter-mapping>
        <filter-name>org.eclipse.jetty.ee8.websocket.servlet.WebSocketUpgradeFilter</filter-name>
        <url-pattern>/*</url-pattern></filter-mapping>
      """;

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(names = {"TOMCAT_9", "JETTY_EE8"})
  void filtersProtectPagesAndTheContainersOwnWebSocket(Container container) throws Exception {
    WebApp webApp = webApp(container == Container.JETTY_EE8 ? UPGRADE_FILTER : "");

    try (Running server = container.start(webApp)) {
      Visitor visitor = new Visitor(server.port());

      ContainersIT.assertNativeEndpointIsProtected(visitor);
      assertPagesAreProtected(visitor);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TOMCAT_9", "JETTY_EE8"})
  void sessionOfAnOldLoginGetsATokenThatEndsWithIt(Container container) throws Exception {
    WebApp webApp =
        webApp(
                """
                <context-param><param-name>drawbridge.session.token.attribute</param-name>
                  <param-value>user</param-value></context-param>
                <servlet><servlet-name>login</servlet-name>
                  <servlet-class>%s</servlet-class></servlet>
                <servlet-mapping><servlet-name>login</servlet-name>
                  <url-pattern>/login</url-pattern></servlet-mapping>
                <servlet><servlet-name>session-token</servlet-name>
                  <servlet-class>dev.drawbridge.filters.session.SessionTokenServlet</servlet-class>
                  <load-on-startup>1</load-on-startup></servlet>
                <servlet-mapping><servlet-name>session-token</servlet-name>
                  <url-pattern>/ws/token</url-pattern></servlet-mapping>
                """
                    .formatted(JavaxLoginServlet.class.getName()))
            .withClass(JavaxLoginServlet.class);
    String[] script = {"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors"};

    try (Running server = container.start(webApp)) {
      Visitor alice = new Visitor(server.port());
      assertThat(alice.get("/ws/token", script).body()).contains("\"code\":\"login_required\"");
      assertThat(alice.get("/login").statusCode()).isEqualTo(204);
      assertThat(alice.get("/ws/token", "Sec-Fetch-Site", "cross-site").body())
          .contains("\"code\":\"same_origin_required\"");
      String body = alice.get("/ws/token", script).body();
      String bearer = "Bearer " + body.substring(10, body.indexOf('"', 10));
      assertThat(alice.get("/secret.txt", "Authorization", bearer).body()).isEqualTo("for users");

      assertThat(alice.get("/login?out=").statusCode()).isEqualTo(204);

      assertThat(alice.get("/secret.txt", "Authorization", bearer).body())
          .contains("\"code\":\"token_revoked\"");
    }
  }

  /** The same trap as in newer Jettys. */
  @Test
  void jettyUpgradesItsOwnEndpointsBeforeAnyFilter() throws Exception {
    try (Running server = Container.JETTY_EE8.start(webApp(""))) {
      Visitor visitor = new Visitor(server.port());

      assertThat(visitor.get("/native").statusCode()).isEqualTo(401);
      assertThat(visitor.ask("/native", "hello", "Origin", "https://evil.example"))
          .isEqualTo("nobody says hello");
    }
  }

  /** A name that was forgotten would fail in some rare branch only. */
  @Test
  void nothingInTheJarsNamesAPackageOfJakartaEe() throws Exception {
    // The word alone is a value of DRAWBRIDGE_TRANSPORT.
    assertThat(entriesWith("drawbridge-filters-javax", "jakarta/")).isEmpty();
    assertThat(entriesWith("drawbridge-filters-javax", "jakarta.")).isEmpty();
    assertThat(entriesWith("drawbridge-filters-javax", "javax/servlet/Filter")).isNotEmpty();
    // The others of the folder need no servlets at all.
    for (String jar :
        List.of("drawbridge-db", "jose4j", "jackson-databind", "caffeine", "HikariCP")) {
      assertThat(entriesWith(jar, "jakarta/servlet")).as(jar).isEmpty();
    }
  }

  private WebApp webApp(String more) throws IOException {
    return WebApp.empty(directory.resolve("app"))
        .withJavaxDrawbridge()
        .withFilters("/native", "/secret.txt")
        .withElements(more)
        .withFile("secret.txt", "for users")
        .withFile("open.txt", "for everybody")
        .withClass(JavaxEchoEndpoint.class);
  }

  private static void assertPagesAreProtected(Visitor visitor) throws Exception {
    HttpResponse<String> stranger = visitor.get("/secret.txt", "Origin", GOOD);
    assertThat(stranger.statusCode()).isEqualTo(401);
    assertThat(stranger.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/problem+json");
    assertThat(stranger.headers().firstValue("Access-Control-Allow-Origin")).hasValue(GOOD);
    assertThat(stranger.body()).contains("\"code\":\"token_missing\"");
    assertThat(visitor.get("/secret.txt", "Authorization", Visitor.bearer("alice")).body())
        .isEqualTo("for users");
    assertThat(visitor.get("/open.txt").body()).isEqualTo("for everybody");
    HttpResponse<String> foreign = visitor.get("/open.txt", "Origin", "https://evil.example");
    assertThat(foreign.statusCode()).isEqualTo(403);
    assertThat(foreign.body()).contains("\"code\":\"origin_denied\"");
    HttpResponse<String> preflight = visitor.preflight("/secret.txt", GOOD);
    assertThat(preflight.statusCode()).isEqualTo(204);
    assertThat(preflight.headers().firstValue("Access-Control-Allow-Methods").orElse(""))
        .contains("PUT");
  }

  private static List<String> entriesWith(String jar, String text) throws IOException {
    List<String> found = new ArrayList<>();
    try (JarFile file = new JarFile(WebApp.javaxJar(jar).toFile())) {
      for (Enumeration<JarEntry> entries = file.entries(); entries.hasMoreElements(); ) {
        JarEntry entry = entries.nextElement();
        byte[] bytes = file.getInputStream(entry).readAllBytes();
        // Names in class files are ASCII, so each byte may stand for a character.
        if (new String(bytes, StandardCharsets.ISO_8859_1).contains(text)) {
          found.add(entry.getName());
        }
      }
    }
    return found;
  }
}
