package dev.drawbridge.dropin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.dropin.Container.Running;
import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The packaged jars in each container: the endpoint, and the container's own WebSocket. */
class ContainersIT {
  private static final String GOOD = "https://app.example.com";
  @TempDir Path directory;

  /**
   * And the trap: endpoints of its own Jetty upgrades in a filter of its own, which it puts before
   * all others.
   */
  @ParameterizedTest
  @EnumSource(names = {"JETTY_EE10", "JETTY_EE11"})
  void endpointAnswersWhereJettysOwnWebSocketPassesNoFilter(Container container) throws Exception {
    WebApp webApp =
        WebApp.empty(directory.resolve("app"))
            .withDrawbridge()
            .withFilters("/ws", "/ws/diagnose", "/native")
            .withEndpoint()
            .withClass(EchoEndpoint.class);

    try (Running server = container.start(webApp)) {
      Visitor visitor = new Visitor(server.port());

      assertEndpointWorks(visitor);
      assertThat(visitor.get("/ws/config").body()).contains("\"path\":\"../ws\"");
      assertThat(visitor.get("/native").statusCode()).isEqualTo(401);
      assertThat(visitor.handshake("/native", "Origin", "https://evil.example")).isEqualTo(101);
      assertThat(visitor.ask("/native", "hello")).isEqualTo("nobody says hello");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TOMCAT_10", "UNDERTOW"})
  void containersOwnWebSocketIsBehindTheFilters(Container container) throws Exception {
    try (Running server = container.start(nativeEndpoint(""))) {
      Visitor visitor = new Visitor(server.port());

      assertNativeEndpointIsProtected(visitor);
    }
  }

  /** The way out: declared under its own name, behind ours, it stays there. */
  @ParameterizedTest
  @CsvSource({"JETTY_EE10,ee10", "JETTY_EE11,ee11"})
  void jettysUpgradeFilterMayBeDeclaredBehindOurs(Container container, String ee) throws Exception {
    String upgrade =
        """
        <filter><filter-name>org.eclipse.jetty.%1$s.websocket.servlet.WebSocketUpgradeFilter</filter-name>
          <filter-class>org.eclipse.jetty.%1$s.websocket.servlet.WebSocketUpgradeFilter</filter-class>
          <async-supported>true</async-supported></filter>
        <filter-mapping>
          <filter-name>org.eclipse.jetty.%1$s.websocket.servlet.WebSocketUpgradeFilter</filter-name>
          <url-pattern>/*</url-pattern></filter-mapping>
        """
            .formatted(ee);

    try (Running server = container.start(nativeEndpoint(upgrade))) {
      Visitor visitor = new Visitor(server.port());

      assertNativeEndpointIsProtected(visitor);
    }
  }

  /** There both stand behind the filters, side by side. */
  @ParameterizedTest
  @EnumSource(names = {"TOMCAT_10", "TOMCAT_11", "UNDERTOW"})
  void endpointAnswersBesideTheContainersOwnWebSocket(Container container) throws Exception {
    WebApp webApp =
        WebApp.empty(directory.resolve("app"))
            .withDrawbridge()
            .withFilters("/ws", "/ws/diagnose", "/native")
            .withEndpoint()
            .withClass(EchoEndpoint.class);

    try (Running server = container.start(webApp)) {
      Visitor visitor = new Visitor(server.port());

      assertEndpointWorks(visitor);
      assertThat(visitor.get("/ws/config").body()).contains("\"path\":\"../ws\"");
      assertNativeEndpointIsProtected(visitor);
    }
  }

  private WebApp nativeEndpoint(String more) throws Exception {
    return WebApp.empty(directory.resolve("app"))
        .withDrawbridge()
        .withFilters("/native")
        .withElements(more)
        .withClass(EchoEndpoint.class);
  }

  static void assertEndpointWorks(Visitor visitor) throws Exception {
    assertEndpointWorks(visitor, "/ws");
  }

  static void assertEndpointWorks(Visitor visitor, String path) throws Exception {
    try (RecordingClient client =
        RecordingClient.connect(visitor.socket(path), Visitor.TOKENS.of("alice"))) {
      Event.Frame answer = client.request("echo", Map.of("text", "hi"));
      assertThat(answer.type()).isEqualTo("ack");
      assertThat(answer.toString()).contains("hi");
      client.leave();
    }
    assertThatThrownBy(
            () ->
                RecordingClient.connect(
                    visitor.socket(path), options -> options.subprotocol("drawbridge.v1")))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, refused -> assertThat(refused.status()).isEqualTo(401));
    assertThat(visitor.handshake(path, "Authorization", Visitor.bearer("mallory"))).isEqualTo(403);
    assertThat(
            visitor.handshake(
                path, "Origin", "https://evil.example", "Authorization", Visitor.bearer("alice")))
        .isEqualTo(403);
  }

  static void assertNativeEndpointIsProtected(Visitor visitor) throws Exception {
    assertThat(visitor.ask("/native", "hello", "Authorization", Visitor.bearer("alice")))
        .isEqualTo("alice says hello");
    assertThat(
            visitor.ask("/native", "hello", "Origin", GOOD, "Authorization", Visitor.bearer("bob")))
        .isEqualTo("bob says hello");
    assertThat(visitor.handshake("/native")).isEqualTo(401);
    assertThat(visitor.handshake("/native", "Authorization", Visitor.bearer("mallory")))
        .isEqualTo(403);
    assertThat(
            visitor.handshake(
                "/native",
                "Origin",
                "https://evil.example",
                "Authorization",
                Visitor.bearer("alice")))
        .isEqualTo(403);
  }
}
