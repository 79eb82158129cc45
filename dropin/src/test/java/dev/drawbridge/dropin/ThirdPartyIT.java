package dev.drawbridge.dropin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.dropin.Container.Running;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Drawbridge in applications that nobody here wrote: jars into {@code WEB-INF/lib}, elements into
 * {@code web.xml}, nothing else. Each still does what it did; a route of its own is protected.
 */
class ThirdPartyIT {
  @TempDir Path directory;

  /** Filters, form login, and a WebSocket of Jetty's own API. */
  @Test
  void demoOfJetty() throws Exception {
    WebApp webApp =
        WebApp.unpacked("jetty-ee10-demo-jetty-webapp", directory.resolve("demo"))
            .withDrawbridge()
            .withFilters("/ws", "/ws/diagnose", "/jetty.websocket/*", "/hello/*")
            .withEndpoint();

    try (Running server = Container.JETTY_EE10.start(webApp)) {
      Visitor visitor = new Visitor(server.port());

      assertThat(visitor.get("/").body()).contains("Jetty");
      assertThat(visitor.get("/dump/info").body()).contains("getRequestURI");
      // The application's own login
      assertThat(visitor.get("/dump/auth/info").headers().firstValue("Location").orElse(""))
          .contains("/logon.html");
      assertThat(visitor.get("/logon.html").body()).contains("j_security_check");
      HttpResponse<String> login =
          visitor.post(
              "/j_security_check",
              "j_username=admin&j_password=admin",
              "Content-Type",
              "application/x-www-form-urlencoded");
      assertThat(login.statusCode()).isIn(302, 303);
      assertThat(visitor.get("/dump/auth/info").body()).contains("getRemoteUser", "admin");
      // Its routes that are mapped
      assertThat(visitor.get("/hello/").statusCode()).isEqualTo(401);
      assertThat(visitor.get("/hello/", "Authorization", Visitor.bearer("alice")).body())
          .contains("Hello World");
      assertThat(visitor.handshake("/jetty.websocket/", "Sec-WebSocket-Protocol", "chat"))
          .isEqualTo(401);
      assertThat(
              visitor.ask(
                  "/jetty.websocket/", "alice: hi", "Authorization", Visitor.bearer("alice")))
          .contains("alice: hi");
      ContainersIT.assertEndpointWorks(visitor);
    }
  }

  /** Fourteen filters, a CORS filter among them, a login, and older Jackson, Caffeine and SLF4J. */
  @Test
  void hawtio() throws Exception {
    WebApp webApp =
        WebApp.unpacked("hawtio-default", directory.resolve("hawtio"))
            .withDrawbridge()
            .withFilters("/ws", "/ws/diagnose", "/plugin/*")
            .withEndpoint();

    try (Running server = Container.JETTY_EE11.start(webApp)) {
      Visitor visitor = new Visitor(server.port());

      HttpResponse<String> page = visitor.get("/");
      assertThat(page.body()).containsIgnoringCase("hawtio");
      assertThat(page.headers().firstValue("X-Frame-Options")).isPresent();
      assertThat(visitor.get("/jolokia/version").statusCode()).isIn(401, 403);
      assertThat(visitor.get("/plugin/").statusCode()).isEqualTo(401);
      assertThat(visitor.get("/plugin/", "Authorization", Visitor.bearer("alice")).statusCode())
          .isEqualTo(200);
      ContainersIT.assertEndpointWorks(visitor);
    }
  }

  /** Spring, an embedded message broker, and jars of Jetty 11 in its own WEB-INF/lib. */
  @Test
  void consoleOfActiveMq() throws Exception {
    WebApp webApp =
        WebApp.unpacked("activemq-web-console", directory.resolve("activemq"))
            .withDrawbridge()
            .withFilters("/ws", "/ws/diagnose", "/queueBrowse/*")
            .withEndpoint();

    try (Running server = Container.JETTY_EE10.start(webApp)) {
      Visitor visitor = new Visitor(server.port());

      assertThat(visitor.get("/login.html").statusCode()).isEqualTo(200);
      assertThat(visitor.get("/queueBrowse/orders").statusCode()).isEqualTo(401);
      HttpResponse<String> queue =
          visitor.get("/queueBrowse/orders?view=rss", "Authorization", Visitor.bearer("alice"));
      assertThat(queue.statusCode()).isEqualTo(200);
      assertThat(queue.body()).contains("orders");
      ContainersIT.assertEndpointWorks(visitor);
    }
  }
}
