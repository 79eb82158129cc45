package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import dev.drawbridge.testing.ProxyProcess;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Breaks connections in every way, for real, and reads what the browser's error, the log and the
 * server's own record say. The table of docs/failure-matrix.md is what was seen: with {@code
 * -Dmatrix.write=true} the test writes it, else it compares.
 */
@ExtendWith(Browsers.class)
class FailureMatrixTest {
  private static final Path COMMITTED = Path.of("..", "docs", "failure-matrix.md");
  private static final Path WRITTEN = Path.of("target", "failure-matrix.md");
  private static final int LEAST_WAYS = 30;

  private static final String HEAD =
      """
      # Ways to break a connection, and what is said about each

      Each row was done for real by `FailureMatrixTest`: a server, where needed a proxy, and the client in Chromium. It asserts
      the code of the browser's `ConnectionError`, the code in the server's record of the try (`/ws/diagnose?attempt=`), the
      line of the log, and that the error or the line holds the fix. A dash means that nothing can be there: the server was
      never reached, or the client has refused by itself. The time is from the try, or from the moment of breaking an open
      connection, to the error in the page: where it is seconds, a time-out or the heartbeat had to pass.

      Each was done twice, in Jetty 12.1 and in Tomcat 11. What Tomcat says otherwise stands below the table; the rest is the same.

      `FailureMatrixEnginesTest` does the same in Firefox and WebKitGTK and compares browser's and server's code; only the
      times differ. WebKitGTK's library reports the close code 1012 as 1006.

      What the doctor says of each way from outside stands in [doctor.md](doctor.md).

      | way | browser | server's record | log | fix | ms in Jetty | ms in Tomcat |
      |---|---|---|---|---|---|---|
      """;

  private static final String OTHERWISE = "\n## What is otherwise in Tomcat\n\n";

  private static MatrixPages pages;
  private static final Map<MatrixContainer, MatrixServer> dev =
      new EnumMap<>(MatrixContainer.class);
  private static MatrixLog log;
  private static Browser chromium;
  private static MatrixBrowser page;

  /** By way, in each container. */
  private static final Map<MatrixContainer, Map<String, Long>> times =
      new EnumMap<>(MatrixContainer.class);

  @BeforeAll
  static void start() {
    chromium = Browsers.of(BrowserKind.CHROMIUM);
    pages = new MatrixPages();
    for (MatrixContainer container : MatrixContainer.values()) {
      dev.put(container, developmentServer(container));
      times.put(container, new HashMap<>());
    }
    log = new MatrixLog();
    page = new MatrixBrowser(chromium, pages.page());
  }

  /** What most ways are played with. */
  static MatrixServer developmentServer(MatrixContainer container) {
    return MatrixServer.start(
        container, "drawbridge.send.queue.bytes", "65536", "drawbridge.send.timeout", "1s");
  }

  @AfterAll
  static void stop() {
    if (chromium != null) {
      chromium.open(URI.create("about:blank"));
      pages.close();
      dev.values().forEach(MatrixServer::close);
      log.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> eachWayIsExplained() {
    List<DynamicTest> tests = new ArrayList<>();
    for (MatrixContainer container : MatrixContainer.values()) {
      List<Way> ways = Ways.all(dev.get(container), pages);
      assertThat(ways).hasSizeGreaterThanOrEqualTo(LEAST_WAYS);
      for (Way way : ways) {
        tests.add(
            DynamicTest.dynamicTest(
                container + ": " + way.name(), () -> play(way, times.get(container))));
      }
    }
    tests.add(DynamicTest.dynamicTest("the table says what was seen", this::compare));
    return tests.stream();
  }

  /** The guide's own configurations, unchanged, carry a connection. */
  @ParameterizedTest
  @EnumSource
  void theProxiesOfTheGuideWork(MatrixContainer container) {
    int port = dev.get(container).port();
    try (ProxyProcess nginx = ProxyProcess.nginx(Guide.nginx(), port);
        ProxyProcess haproxy = ProxyProcess.haproxy(Guide.haproxy(), port)) {
      for (ProxyProcess proxy : List.of(nginx, haproxy)) {
        page.connect(proxy.url(), MatrixServer.TOKENS.of("alice"));

        assertThat(page.run("client.request('echo', { through: 'proxy' })").at("/through").asText())
            .isEqualTo("proxy");
        page.rest();
      }
    }
  }

  private static void play(Way way, Map<String, Long> times) throws Exception {
    log.clear();
    Way.Seen seen;
    try {
      seen = way.scene().play(page);
    } finally {
      page.rest();
    }
    JsonNode error = seen.error();
    assertThat(error.path("code").asText()).as("ConnectionError: %s", error).isEqualTo(way.code());
    assertThat(error.path("title").asText()).isNotBlank();
    assertThat(error.path("action").asText()).isNotBlank();
    assertThat(seen.diagnosis()).as("the server's record").isEqualTo(way.diagnosis());
    String line = way.log().isEmpty() ? "" : log.awaitLine(way.log());
    assertThat(error.path("message").asText() + " " + line).as("the fix").contains(way.fix());
    assertThat(log.lines()).noneMatch(text -> text.contains("eyJ") || text.contains("\n"));
    times.put(way.name(), error.path("ms").asLong());
  }

  private void compare() throws Exception {
    StringBuilder table = new StringBuilder(HEAD);
    List<Way> ways = Ways.all(dev.get(MatrixContainer.JETTY), pages);
    for (Way way : ways) {
      table.append(way.row());
      for (Map<String, Long> each : times.values()) {
        Long ms = each.get(way.name());
        table.append(' ').append(ms == null ? "–" : ms).append(" |");
      }
      table.append('\n');
    }
    table.append(OTHERWISE);
    Ways.all(dev.get(MatrixContainer.TOMCAT), pages).stream()
        .filter(way -> ways.stream().noneMatch(other -> other.row().equals(way.row())))
        .forEach(way -> table.append("- ").append(way.sentence()).append('\n'));
    Files.writeString(WRITTEN, table);
    if (Boolean.getBoolean("matrix.write")) {
      Files.writeString(COMMITTED, table);
    }
    assertThat(withoutTimes(Files.readString(COMMITTED)))
        .as("docs/failure-matrix.md; -Dmatrix.write=true writes it anew")
        .isEqualTo(withoutTimes(table.toString()));
  }

  private static List<String> withoutTimes(String page) {
    return page.lines().map(line -> line.replaceAll("(\\| [0-9–]+ )+\\|$", "|")).toList();
  }
}
