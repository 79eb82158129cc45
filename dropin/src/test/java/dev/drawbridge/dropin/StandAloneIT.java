package dev.drawbridge.dropin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The sample's WAR, as it is built, in containers of their own process, as their distributions
 * start them.
 */
@Timeout(600)
class StandAloneIT {
  private static final TestTokens TOKENS = new TestTokens();
  private static final String SAMPLE = "drawbridge-webapp-sample.war";

  /** What Tomcat says of one; a thread without a stack has ended in the meantime. */
  private static final String LEAK = "memory leak(?!\\. Stack trace of thread:\\n\\S)";

  /** {@code -Dredeploy.times=20} is the long form. */
  private static final int REDEPLOYS = Integer.getInteger("redeploy.times", 3);

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "ENVIRONMENT",
          "development",
          "WEBSOCKET_DEV_MODE",
          "true",
          "DRAWBRIDGE_DEV_KEY",
          "off",
          // As in production, if shorter: nothing of it may be left at a redeploy.
          "DRAWBRIDGE_WARM_UP",
          "200ms",
          "DRAWBRIDGE_JWT_SECRET",
          TestTokens.SECRET);

  @TempDir Path base;

  /** What is started, and the way through it that the endpoint finds. */
  @SuppressWarnings("ImmutableEnumChecker") // Lists that are unmodifiable.
  private enum Distribution {
    JETTY_EE10("jetty-direct") {
      @Override
      StandAloneServer start(Path base) throws Exception {
        return jetty(base, "ee10-deploy", "ee10-websocket-jetty");
      }
    },
    JETTY_EE11("jetty-direct") {
      @Override
      StandAloneServer start(Path base) throws Exception {
        return jetty(base, "ee11-deploy", "ee11-websocket-jetty");
      }
    },
    TOMCAT_10("tomcat") {
      @Override
      StandAloneServer start(Path base) throws Exception {
        String version = System.getProperty("tomcat10.whole.version");
        return new StandAloneTomcat(version, base, SAMPLE, ENVIRONMENT);
      }
    },
    TOMCAT_11("tomcat") {
      @Override
      StandAloneServer start(Path base) throws Exception {
        String version = System.getProperty("tomcat11.whole.version");
        return new StandAloneTomcat(version, base, SAMPLE, ENVIRONMENT);
      }
    },
    /** A quarter of a gigabyte, which the build does not fetch unless it is told to. */
    WILDFLY("undertow") {
      @Override
      StandAloneServer start(Path base) throws Exception {
        String home = System.getProperty("wildfly.home", "");
        assumeThat(home)
            .as("-Pwildfly fetches it, and -Dwildfly.home=FOLDER says where it is unpacked")
            .isNotEmpty();
        Path war = ServerProcess.WHOLE.resolve(SAMPLE);
        return new StandAloneWildFly(Path.of(home), base, war, ENVIRONMENT);
      }
    };

    final String way;

    /** What an open connection may hear of a redeploy: WildFly sometimes cuts it before. */
    final List<Integer> closes;

    /** Applications in the heap afterwards: WildFly keeps the last one before. */
    final int kept;

    Distribution(String way) {
      this.way = way;
      this.closes = way.equals("undertow") ? List.of(1001, 1006) : List.of(1001);
      this.kept = way.equals("undertow") ? 2 : 1;
    }

    abstract StandAloneServer start(Path base) throws Exception;
  }

  private static StandAloneServer jetty(Path base, String... modules) throws Exception {
    String version = System.getProperty("jetty.whole.version");
    Path war = ServerProcess.WHOLE.resolve(SAMPLE);
    return new StandAloneJetty(version, base, List.of(modules), war, ENVIRONMENT);
  }

  @ParameterizedTest
  @EnumSource
  void sampleRunsAsItIsBuilt(Distribution distribution) throws Exception {
    try (StandAloneServer server = distribution.start(base)) {
      assertThat(server.log())
          .contains("transport " + distribution.way + ": ")
          .containsPattern("warmed up in \\d+ ms: ")
          .doesNotContain("not warmed up");
      talk(server);
      routesAnswer(server, distribution.way);
    }
  }

  private static void talk(StandAloneServer server) {
    try (RecordingClient alice = connect(server, "alice");
        RecordingClient bob = connect(server, "bob")) {
      assertThat(alice.request("ping", null).type()).isEqualTo("pong");
      assertThat(alice.request("echo", List.of(1, 2)).data().toString()).isEqualTo("[1,2]");
      bob.subscribe("room:lobby");
      alice.publish("room:lobby", "chat.message", Map.of("text", "hello"));
      Event.Frame heard = bob.next();
      while (!heard.type().equals("chat.message")) {
        // Who is there is told, too.
        heard = bob.next();
      }
      assertThat(heard.data().get("text").asText()).isEqualTo("hello");
      assertThat(alice.expect("ack").data().get("seq").asLong()).isPositive();
      alice.leave();
      bob.leave();
    }
  }

  private static void routesAnswer(StandAloneServer server, String way) throws Exception {
    Visitor visitor = new Visitor(server.port());

    assertThat(visitor.get("/").body()).contains("<script");
    assertThat(visitor.get("/ws/config").body()).contains("\"mode\":\"dev\"");
    assertThat(visitor.get("/ws/health").body()).contains("\"status\":\"up\"");
    assertThat(visitor.get("/ws/diagnostics", "Accept", "application/json").body())
        .contains("\"way\":\"" + way + "\"");
    assertThat(visitor.get("/ws/diagnose").body()).contains("token_missing");
  }

  @ParameterizedTest
  @EnumSource
  void redeployLeavesNoClassLoaderAndNoThread(Distribution distribution) throws Exception {
    assumeThat(REDEPLOYS > 3 || distribution != Distribution.JETTY_EE10)
        .as("EE 10 takes the way of EE 11 and comes with the long form")
        .isTrue();
    try (StandAloneServer server = distribution.start(base)) {
      for (int i = 0; i < REDEPLOYS; i++) {
        try (RecordingClient stays = connect(server, "alice")) {
          stays.subscribe("~");
          stays.request("echo", i);
          server.redeploy();
          assertThat(closeCode(stays)).isIn(distribution.closes);
        }
      }

      long left = copies(server);
      for (int i = 0; i < 10 && left > distribution.kept; i++) {
        LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
        left = copies(server);
      }
      assertThat(left)
          .as("class loaders with the sample in the heap")
          .isBetween(1L, (long) distribution.kept);
      assertThat(server.process().threads())
          .filteredOn(name -> name.matches("(drawbridge|HikariPool|H2 ).*"))
          .isNotEmpty()
          .doesNotHaveDuplicates();
      assertThat(server.log()).doesNotContainPattern(LEAK);
    }
  }

  /** Its sessions cannot be told to stop reading; the rest of the server starts. */
  @ParameterizedTest
  @ValueSource(strings = {"ee10", "ee11"})
  void jettysModuleForTheJakartaApiAloneIsNotEnough(String ee) throws Exception {
    try (StandAloneServer server = jetty(base, ee + "-deploy", ee + "-websocket-jakarta")) {
      assertThat(server.log()).contains("ee11-websocket-jetty (or ee10-...)");
      assertThat(new Visitor(server.port()).get("/ws/config").statusCode()).isEqualTo(503);
    }
  }

  private static int closeCode(RecordingClient client) {
    Event event = client.nextEvent();
    while (!(event instanceof Event.Closed)) {
      event = client.nextEvent();
    }
    return ((Event.Closed) event).code();
  }

  private static long copies(StandAloneServer server) throws Exception {
    return server.process().copiesOf("dev.drawbridge.sample.ChatServlet");
  }

  private static RecordingClient connect(StandAloneServer server, String subject) {
    return RecordingClient.connect(
        URI.create("ws://127.0.0.1:" + server.port() + "/ws"), TOKENS.of(subject));
  }
}
