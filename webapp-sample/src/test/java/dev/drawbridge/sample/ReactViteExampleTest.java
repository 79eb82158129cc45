package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import dev.drawbridge.testing.Ports;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The example with Vite's dev server: built, and used in Chromium in both of its variants. */
@ExtendWith(Browsers.class)
class ReactViteExampleTest {
  private static final Path EXAMPLE = Path.of("../examples/react-vite");

  /** As deep as the example, because that names the client by a relative path. */
  private static final Path COPY = Path.of("../target/react-vite");

  private static final Path CLIENT = Path.of("../client/target/npm/package.json");
  private static SampleServer server;
  private Browser browser;

  @BeforeAll
  static void copyAndBuild() throws Exception {
    boolean present = Files.exists(CLIENT);
    if (!present && Boolean.parseBoolean(System.getenv("REQUIRE_NODE"))) {
      throw new AssertionError("the client's npm package was not built (REQUIRE_NODE=true)");
    }
    Assumptions.assumeTrue(present, "the client's npm package was not built: Node is missing");
    try (Stream<Path> files = Files.walk(EXAMPLE)) {
      for (Path file : files.toList()) {
        String name = EXAMPLE.relativize(file).toString();
        if (!name.startsWith("node_modules") && !name.startsWith("dist")) {
          Path copy = COPY.resolve(name);
          if (Files.isDirectory(file)) {
            Files.createDirectories(copy);
          } else {
            Files.write(copy, Files.readAllBytes(file));
          }
        }
      }
    }
    run("npm", "ci", "--no-fund", "--no-audit", "--prefer-offline");
    run("npm", "run", "build");
    server = SampleServer.development();
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void useBrowser() {
    browser = Browsers.of(BrowserKind.CHROMIUM);
  }

  @Test
  void throughTheProxyOneSocketOutlivesStrictModeAndAnEdit() throws Exception {
    try (Vite vite = Vite.start(Map.of("SAMPLE", server.uri("http", "").toString()))) {
      browser.open(vite.page);
      browser.awaitTrue(shows("welcome", "Welcome, Alice"), ChatPage.LIMIT);
      browser.evaluate("document.getElementById('echo').click()");
      browser.awaitTrue(shows("answer", "hello"), ChatPage.LIMIT);
      Connection before = only();

      Path component = COPY.resolve("src/Echo.tsx");
      Files.writeString(
          component, Files.readString(component).replace("Say hello", "Say hello again"));

      browser.awaitTrue(shows("echo", "Say hello again"), ChatPage.LIMIT);
      // Not a reload: the answer is still there.
      browser.awaitTrue(shows("answer", "hello"), ChatPage.LIMIT);
      assertThat(only()).isSameAs(before);
      browser.open(URI.create("about:blank"));
    }
  }

  @Test
  void directlyThePageOfAnotherPortIsLetIn() throws Exception {
    try (Vite vite = Vite.start(Map.of("VITE_SERVER", server.uri("http", "").toString()))) {
      browser.open(vite.page);

      browser.awaitTrue(shows("welcome", "Welcome, Alice"), ChatPage.LIMIT);

      String origin = vite.page.toString().replaceFirst("/$", "");
      assertThat(server.connections().list())
          .anyMatch(one -> one.origin().equals(java.util.Optional.of(origin)));
      browser.open(URI.create("about:blank"));
    }
  }

  @Test
  void aProxyThatWasNotToldOfUpgradesIsNamedWithTheFix() throws Exception {
    Path config = COPY.resolve("vite.config.ts");
    Files.writeString(config, Files.readString(config).replace(", ws: true }", " }"));
    try (Vite vite = Vite.start(Map.of("SAMPLE", server.uri("http", "").toString()))) {
      browser.open(vite.page);

      browser.awaitTrue(
          "document.querySelector('[role=status]')?.innerText.includes('upgrade_not_forwarded')",
          ChatPage.LIMIT);
      assertThat(browser.evaluate("document.querySelector('[role=status]').innerText").asText())
          .contains("Vite: ws: true");
      browser.open(URI.create("about:blank"));
    } finally {
      Files.copy(
          EXAMPLE.resolve("vite.config.ts"),
          config,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Test
  void withoutAProxyEntryTheTokenComesFirst() throws Exception {
    Path config = COPY.resolve("vite.config.ts");
    Files.writeString(
        config, Files.readString(config).replaceFirst("proxy: \\{.*\\},", "proxy: {},"));
    try (Vite vite = Vite.start(Map.of())) {
      browser.open(vite.page);

      browser.awaitTrue(saysStatus("token_unavailable"), ChatPage.LIMIT);
      browser.open(URI.create("about:blank"));
    } finally {
      Files.copy(
          EXAMPLE.resolve("vite.config.ts"),
          config,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SAMPLE", "VITE_SERVER"})
  void aServerThatDoesNotRunIsNamedByBothWays(String way) throws Exception {
    String nobody = "http://localhost:" + Ports.free();
    try (Vite vite = Vite.start(Map.of(way, nobody))) {
      browser.open(vite.page);

      browser.awaitTrue(saysStatus("server_unreachable"), ChatPage.LIMIT);
      browser.open(URI.create("about:blank"));
    }
  }

  @Test
  void aPageThatIsNotOfLocalhostIsDenied() throws Exception {
    Map<String, String> direct = Map.of("VITE_SERVER", server.uri("http", "").toString());
    // Loopback for the browser, and no name of it for the filter.
    try (Vite vite = Vite.start(direct, "127.0.0.2")) {
      browser.open(vite.page);

      browser.awaitTrue(saysStatus("origin_denied"), ChatPage.LIMIT);
      browser.open(URI.create("about:blank"));
    }
  }

  private static String saysStatus(String code) {
    return "document.querySelector('[role=status]')?.innerText.includes('" + code + "')";
  }

  /** The one connection whose page is behind Vite; what a page before has left goes first. */
  private static Connection only() {
    long end = System.nanoTime() + ChatPage.LIMIT.toNanos();
    while (server.connections().size() != 1) {
      assertThat(System.nanoTime()).as("one connection in time").isLessThan(end);
      Thread.onSpinWait();
    }
    List<Connection> all = server.connections().list();
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  private static String shows(String id, String text) {
    return "document.getElementById('" + id + "')?.innerText.includes('" + text + "')";
  }

  private static void run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).directory(COPY.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
  }

  /** Vite's dev server on a free port. */
  private record Vite(Process process, URI page) implements AutoCloseable {

    static Vite start(Map<String, String> environment) throws IOException {
      return start(environment, "localhost");
    }

    static Vite start(Map<String, String> environment, String host) throws IOException {
      String port = String.valueOf(Ports.free());
      ProcessBuilder builder =
          new ProcessBuilder(
              "node",
              "node_modules/vite/bin/vite.js",
              "--port",
              port,
              "--strictPort",
              "--host",
              host);
      builder.environment().putAll(environment);
      Process process = builder.directory(COPY.toFile()).redirectErrorStream(true).start();
      BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
      StringBuilder seen = new StringBuilder();
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        seen.append(line).append('\n');
        if (line.contains("ready in")) {
          Thread rest = new Thread(() -> output.lines().forEach(ignored -> {}), "vite");
          rest.setDaemon(true);
          rest.start();
          return new Vite(process, URI.create("http://" + host + ":" + port + "/"));
        }
      }
      throw new IOException("Vite did not start: " + seen);
    }

    @Override
    public void close() {
      process.destroy();
    }
  }
}
