package dev.drawbridge.dropin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.dropin.Container.Running;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Drawbridge in applications that nobody here wrote: jars into {@code WEB-INF/lib}, elements into
 * {@code web.xml}, nothing else. Each is asked the same as it is and with Drawbridge, and answers
 * the same; then a route of its own is protected, and {@code /ws} works beside it.
 */
class ThirdPartyIT {
  private static final String FORM = "application/x-www-form-urlencoded";
  @TempDir Path directory;

  /** What is asked of an application, and what it says. */
  private interface Visit {
    List<String> by(Visitor visitor) throws Exception;
  }

  /** Filters, form login, and a WebSocket of Jetty's own API. */
  @Test
  void demoOfJetty() throws Exception {
    String artifact = "jetty-ee10-demo-jetty-webapp";
    WebApp webApp =
        with(artifact, "/ws", "/ws/diagnose", "/jetty.websocket/*", "/hello/*").withEndpoint();

    List<String> before = asItIs(artifact, Container.JETTY_EE10, ThirdPartyIT::visitDemo);
    try (Running server = Container.JETTY_EE10.start(webApp)) {
      assertThat(visitDemo(new Visitor(server.port()))).isEqualTo(before);
      Visitor visitor = new Visitor(server.port());
      assertProtected(visitor, "/hello/", "Hello World");
      assertThat(visitor.handshake("/jetty.websocket/", Visitor.SUBPROTOCOL, "chat"))
          .isEqualTo(401);
      assertThat(
              visitor.ask(
                  "/jetty.websocket/",
                  "alice: hi",
                  Visitor.SUBPROTOCOL,
                  "chat",
                  "Authorization",
                  Visitor.bearer("alice")))
          .isEqualTo("alice: hi");
      ContainersIT.assertEndpointWorks(visitor);
    }

    assertThat(webApp.kept()).isEmpty();
    assertThat(String.join("\n", before))
        .contains("Powered By Jetty", "/logon.html", "j_security_check", "getRemoteUser");
  }

  private static List<String> visitDemo(Visitor visitor) throws Exception {
    List<String> seen = new ArrayList<>();
    for (String path : List.of("/", "/d.txt", "/none", "/auth/file.txt", "/logon.html")) {
      seen.add(visitor.seen(path));
    }
    seen.add(visitor.seen("/dump/auth/info"));
    HttpResponse<String> login =
        visitor.post(
            "/j_security_check", "j_username=admin&j_password=admin", "Content-Type", FORM);
    seen.add(visitor.told("login", login));
    HttpResponse<String> dump = visitor.get("/dump/auth/info");
    seen.add(
        "dump -> "
            + dump.statusCode()
            + dump.body().lines().filter(l -> l.contains("getRemoteUser")).toList());
    return seen;
  }

  /** A dozen filters, a CORS filter and a login for all paths among them; older libraries. */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_EE11", "TOMCAT_11"})
  void hawtio(Container container) throws Exception {
    String artifact = "hawtio-default";
    WebApp webApp = with(artifact, "/plugin/*", "/ws", "/ws/diagnose").withEndpoint("/plugin/ws");

    List<String> before = asItIs(artifact, container, ThirdPartyIT::visitHawtio);
    try (Running server = container.start(webApp)) {
      assertThat(visitHawtio(new Visitor(server.port()))).isEqualTo(before);
      Visitor visitor = new Visitor(server.port());
      assertProtected(visitor, "/plugin/", "");
      ContainersIT.assertEndpointWorks(visitor, "/plugin/ws");
      // Its own login keeps all other paths for itself.
      String offer = "drawbridge.v1, drawbridge.bearer." + Visitor.TOKENS.of("alice");
      assertThat(visitor.handshake("/ws", Visitor.SUBPROTOCOL, offer)).isGreaterThan(299);
    }

    assertThat(webApp.kept())
        .containsExactly(
            "caffeine-3.1.8.jar",
            "error_prone_annotations-2.21.1.jar",
            "jackson-annotations-2.18.0.jar",
            "jackson-core-2.18.0.jar",
            "jackson-databind-2.18.0.jar",
            "slf4j-api-2.0.11.jar");
    assertThat(String.join("\n", before)).contains("hawtio", "X-Frame-Options");
  }

  private static List<String> visitHawtio(Visitor visitor) throws Exception {
    List<String> seen = new ArrayList<>();
    for (String path :
        List.of(
            "/",
            "/login",
            "/index.html",
            "/hawtconfig.json",
            "/jolokia/version",
            "/user",
            "/keycloak/enabled",
            "/jmx/attributes")) {
      seen.add(visitor.seen(path));
    }
    seen.add(
        visitor.told(
            "login",
            visitor.post(
                "/auth/login",
                "{\"username\":\"a\",\"password\":\"b\"}",
                "Content-Type",
                "application/json")));
    return seen;
  }

  /**
   * A login of the container's (BASIC) for every path, which comes before all filters: what is to
   * be ours is taken out of it.
   */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_EE11", "TOMCAT_10", "TOMCAT_11"})
  void agentOfJolokia(Container container) throws Exception {
    String artifact = "jolokia-agent-war";
    WebApp webApp =
        with(artifact, "/ws", "/ws/diagnose", "/search/*")
            .withEndpoint()
            .withElements(
                """
                <security-constraint><web-resource-collection>
                  <web-resource-name>for tokens</web-resource-name>
                  <url-pattern>/ws/*</url-pattern><url-pattern>/search/*</url-pattern>
                </web-resource-collection></security-constraint>
                """);

    List<String> before = asItIs(artifact, container, ThirdPartyIT::visitAgent);
    try (Running server = container.start(webApp)) {
      Visitor visitor = new Visitor(server.port());
      assertThat(visitAgent(visitor)).isEqualTo(before);
      assertProtected(visitor, "/search/java.lang:type=Memory", "java.lang:type=Memory");
      ContainersIT.assertEndpointWorks(visitor);
    }

    assertThat(webApp.kept()).isEmpty();
    assertThat(String.join("\n", before)).contains("401", "HeapMemoryUsage", "InstanceNotFound");
  }

  private static List<String> visitAgent(Visitor visitor) throws Exception {
    String admin = "Basic " + Base64.getEncoder().encodeToString("admin:admin".getBytes(UTF_8));
    List<String> seen = new ArrayList<>();
    for (String path :
        List.of(
            "/read/java.lang:type=Runtime/SpecVersion",
            "/read/java.lang:type=Nothing",
            "/list/java.lang/type=Memory/attr/HeapMemoryUsage")) {
      seen.add(visitor.seen(path));
      seen.add(visitor.seen(path, "Authorization", admin));
    }
    return seen;
  }

  /** Filters, a login, and endpoints of {@code javax.websocket}. */
  @Test
  void examplesOfTomcat() throws Exception {
    Path examples = Path.of("target", "applications", "examples");
    WebApp webApp =
        WebApp.copied(examples, directory.resolve("with"))
            .withJavaxDrawbridge()
            .withFilters("/servlets/servlet/HelloWorldExample", "/websocket/echoStreamAnnotation");

    List<String> before =
        asItIs(
            WebApp.copied(examples, directory.resolve("as-it-is")),
            Container.TOMCAT_9,
            ThirdPartyIT::visitExamples);
    try (Running server = Container.TOMCAT_9.start(webApp)) {
      Visitor visitor = new Visitor(server.port());
      assertThat(visitExamples(visitor)).isEqualTo(before);
      assertProtected(visitor, "/servlets/servlet/HelloWorldExample", "Hello World!");
      String socket = "/websocket/echoStreamAnnotation";
      assertThat(visitor.handshake(socket)).isEqualTo(401);
      assertThat(visitor.handshake(socket, "Origin", "https://evil.example")).isEqualTo(403);
      assertThat(visitor.ask(socket, "hi", "Authorization", Visitor.bearer("alice")))
          .isEqualTo("hi");
    }

    assertThat(webApp.kept()).isEmpty();
    assertThat(String.join("\n", before))
        .contains("Hello World!", "Apache Tomcat", "echoAnnotation: hello");
  }

  /** The same of a newer Tomcat, with endpoints of {@code jakarta.websocket} beside ours. */
  @Test
  void examplesOfTomcat11() throws Exception {
    Path examples =
        Path.of("target", "whole")
            .resolve("apache-tomcat-" + System.getProperty("tomcat11.whole.version"))
            .resolve("webapps/examples");
    String socket = "/websocket/echoStreamAnnotation";
    WebApp webApp =
        WebApp.copied(examples, directory.resolve("with"))
            .withDrawbridge()
            .withFilters("/ws", "/ws/diagnose", "/servlets/servlet/HelloWorldExample", socket)
            .withEndpoint();

    List<String> before =
        asItIs(
            WebApp.copied(examples, directory.resolve("as-it-is")),
            Container.TOMCAT_11,
            ThirdPartyIT::visitExamples);
    try (Running server = Container.TOMCAT_11.start(webApp)) {
      Visitor visitor = new Visitor(server.port());
      assertThat(visitExamples(visitor)).isEqualTo(before);
      assertProtected(visitor, "/servlets/servlet/HelloWorldExample", "Hello World!");
      assertThat(visitor.handshake(socket)).isEqualTo(401);
      assertThat(visitor.ask(socket, "hi", "Authorization", Visitor.bearer("alice")))
          .isEqualTo("hi");
      ContainersIT.assertEndpointWorks(visitor);
    }

    assertThat(webApp.kept()).isEmpty();
    assertThat(String.join("\n", before))
        .contains("Hello World!", "Apache Tomcat", "echoAnnotation: hello");
  }

  /** It has parts of Jetty among its own libraries, which must not be taken for the container. */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_EE10", "TOMCAT_10", "TOMCAT_11"})
  void asyncDemoOfJetty(Container container) throws Exception {
    String artifact = "jetty-ee10-demo-async-rest-webapp";
    WebApp webApp = with(artifact, "/ws", "/ws/diagnose", "/demo.css").withEndpoint();

    List<String> before = asItIs(artifact, container, ThirdPartyIT::visitAsyncDemo);
    try (Running server = container.start(webApp)) {
      Visitor visitor = new Visitor(server.port());
      assertThat(visitAsyncDemo(visitor)).isEqualTo(before);
      assertProtected(visitor, "/demo.css", "body");
      ContainersIT.assertEndpointWorks(visitor);
    }

    assertThat(webApp.kept()).containsExactly("slf4j-api-2.0.9.jar");
    assertThat(String.join("\n", before)).contains("Asynchronous");
  }

  private static List<String> visitAsyncDemo(Visitor visitor) throws Exception {
    List<String> seen = new ArrayList<>();
    for (String path : List.of("/", "/index.html", "/none", "/small_powered_by.gif")) {
      seen.add(visitor.seen(path));
    }
    return seen;
  }

  /** JSP with tags of its own, and nothing in WEB-INF/lib. */
  @Test
  void demoOfJettysJspInTomcat() throws Exception {
    String artifact = "jetty-ee10-demo-jsp-webapp";
    WebApp webApp = with(artifact, "/ws", "/ws/diagnose", "/demo.css").withEndpoint();

    List<String> before = asItIs(artifact, Container.TOMCAT_11_WHOLE, ThirdPartyIT::visitJspDemo);
    try (Running server = Container.TOMCAT_11_WHOLE.start(webApp)) {
      Visitor visitor = new Visitor(server.port());
      assertThat(visitJspDemo(visitor)).isEqualTo(before);
      assertProtected(visitor, "/demo.css", "body");
      ContainersIT.assertEndpointWorks(visitor);
    }

    assertThat(webApp.kept()).isEmpty();
    assertThat(String.join("\n", before)).contains("JSP", "Counter accessed 2 times");
  }

  private static List<String> visitJspDemo(Visitor visitor) throws Exception {
    List<String> seen = new ArrayList<>();
    for (String path :
        List.of("/", "/bean1.jsp", "/bean1.jsp", "/bean2.jsp", "/expr.jsp?A=1", "/none")) {
      seen.add(visitor.seen(path));
    }
    return seen;
  }

  /** Spring MVC with a filter on each path, a message broker inside, JMX, its own Jackson. */
  @Test
  void consoleOfActiveMq() throws Exception {
    Container container = Container.TOMCAT_11;
    String artifact = "activemq-web-console";
    WebApp webApp = with(artifact, "/ws", "/ws/diagnose", "/styles/*").withEndpoint();
    WebApp bare = WebApp.unpacked(artifact, directory.resolve("as-it-is"));
    for (WebApp each : List.of(webApp, bare)) {
      // With these of another Jetty, Tomcat does not start it, with or without ours.
      try (DirectoryStream<Path> jetty =
          Files.newDirectoryStream(each.directory.resolve("WEB-INF/lib"), "websocket-*.jar")) {
        for (Path jar : jetty) {
          Files.delete(jar);
        }
      }
      // Its ports are fixed, and its files in the folder where the server was started.
      Path broker = each.directory.resolve("WEB-INF/activemq.xml");
      Files.writeString(
          broker,
          Files.readString(broker)
              .replaceAll("localhost:\\d+", "localhost:0")
              .replace("target/kahadb", each.directory.resolve("kahadb").toString()));
    }

    List<String> before = asItIs(bare, container, ThirdPartyIT::visitConsole);
    try (Running server = container.start(webApp)) {
      Visitor visitor = new Visitor(server.port());
      assertThat(visitConsole(visitor)).isEqualTo(before);
      assertProtected(visitor, "/styles/type-settings.css", "");
      ContainersIT.assertEndpointWorks(visitor);
    }

    assertThat(webApp.kept())
        .containsExactly(
            "jackson-annotations-2.18.3.jar",
            "jackson-core-2.18.3.jar",
            "jackson-databind-2.18.3.jar",
            "slf4j-api-2.0.16.jar");
    assertThat(String.join("\n", before)).contains("ActiveMQ", "500", "404");
  }

  private static List<String> visitConsole(Visitor visitor) throws Exception {
    List<String> seen = new ArrayList<>();
    for (String path :
        List.of(
            "/login.html",
            "/404.html",
            "/none",
            "/js/common.js",
            "/queueBrowse/orders",
            "/deleteDestination.action?JMSDestination=orders&JMSDestinationType=queue")) {
      seen.add(visitor.seen(path));
    }
    return seen;
  }

  private static List<String> visitExamples(Visitor visitor) throws Exception {
    List<String> seen = new ArrayList<>();
    for (String path :
        List.of("/", "/servlets/", "/servlets/servlet/RequestParamExample", "/none")) {
      seen.add(visitor.seen(path));
    }
    seen.add(
        visitor.seen(
            "/servlets/servlet/HelloWorldExample", "Authorization", Visitor.bearer("alice")));
    seen.add("echoAnnotation: " + visitor.ask("/websocket/echoAnnotation", "hello"));
    return seen;
  }

  private WebApp with(String artifact, String... protectedPaths) throws IOException {
    return WebApp.unpacked(artifact, directory.resolve("with"))
        .withDrawbridge()
        .withFilters(protectedPaths);
  }

  private List<String> asItIs(String artifact, Container container, Visit visit) throws Exception {
    return asItIs(WebApp.unpacked(artifact, directory.resolve("as-it-is")), container, visit);
  }

  private static List<String> asItIs(WebApp webApp, Container container, Visit visit)
      throws Exception {
    try (Running server = container.start(webApp)) {
      return visit.by(new Visitor(server.port()));
    }
  }

  private static void assertProtected(Visitor visitor, String path, String expected)
      throws Exception {
    HttpResponse<String> refused = visitor.get(path);
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.headers().firstValue("Content-Type"))
        .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
    assertThat(refused.body()).contains("\"code\":\"token_missing\"");
    HttpResponse<String> passed = visitor.get(path, "Authorization", Visitor.bearer("alice"));
    assertThat(passed.statusCode()).isEqualTo(200);
    assertThat(passed.body()).contains(expected);
  }
}
