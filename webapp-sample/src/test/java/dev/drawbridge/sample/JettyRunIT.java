package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.testing.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README's command that runs the sample, and what it says when it cannot. */
class JettyRunIT {
  private static final Map<String, String> PRODUCTION =
      Map.of(
          "ENVIRONMENT", "production",
          "WEBSOCKET_ALLOWED_ORIGINS", "https://app.example.org",
          "DRAWBRIDGE_JWT_SECRET", "0f9d3c6b1e8a7542-4b7d2e9c5a1f8036-test",
          "DRAWBRIDGE_JWT_ISSUER", "https://login.example.org",
          "DRAWBRIDGE_JWT_AUDIENCE", "chat",
          "DRAWBRIDGE_DB_URL", "jdbc:h2:mem:production;DB_CLOSE_DELAY=-1");

  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void oneCommandStartsTheSampleInDevModeWithoutWarnings() throws Exception {
    int port = Ports.free();
    try (JettyRun run =
        new JettyRun(port, Map.of("PATH", pathOfANewcomer(), "REQUIRE_NODE", "false"))) {
      String link = run.awaitLine("Diagnostics: http://localhost:" + port + "/ws/diagnostics");
      // Said when it can be opened, so it is.
      run.awaitLine("Open http://localhost:" + port + "/");

      JsonNode config = Json.read(get(port, "/ws/config").body());
      HttpResponse<String> page = get(port, "/");

      assertThat(link).as("loopback alone reaches it").doesNotContain("key=");
      assertThat(config.get("devToken").asText()).isEqualTo("dev-token");
      assertThat(post(port, "/ws/dev-token", "{\"sub\":\"alice\"}").statusCode()).isEqualTo(200);
      assertThat(isOpenElsewhere(port)).isFalse();
      assertThat(config.get("mode").asText()).isEqualTo("dev");
      assertThat(config.get("path").asText()).isEqualTo("../ws");
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
      assertThat(run.output()).noneMatch(line -> line.matches("\\d\\d:\\d\\d:.* (WARN|ERROR) .*"));
    }
  }

  @Test
  void productionRunsWithoutDemoUsersDevTokensAndHints() throws Exception {
    int port = Ports.free();
    try (JettyRun run = new JettyRun(port, PRODUCTION)) {
      run.awaitLine("Started oejs.Server");

      JsonNode config = Json.read(get(port, "/ws/config").body());
      HttpResponse<String> devToken = post(port, "/ws/dev-token", "{\"sub\":\"alice\"}");
      JsonNode refusal = Json.read(get(port, "/ws/diagnose").body());

      assertThat(config.get("mode").asText()).isEqualTo("prod");
      assertThat(config.has("devToken")).isFalse();
      assertThat(devToken.statusCode()).isEqualTo(404);
      assertThat(refusal.get("code").asText()).isEqualTo("token_missing");
      assertThat(refusal.has("hint")).isFalse();
    }
  }

  @Test
  void aBusyPortIsNamedWithTheFix() throws Exception {
    try (ServerSocket busy = new ServerSocket(0);
        JettyRun run = new JettyRun(busy.getLocalPort(), Map.of())) {
      assertThat(run.exitStatus()).isNotZero();
      assertThat(run.lastErrorBeforeMaven())
          .contains("Port " + busy.getLocalPort(), "jetty.http.port", "-Djetty.http.port=");
    }
  }

  @Test
  void productionListsAllThatIsMissingAtOnce() throws Exception {
    try (JettyRun run = new JettyRun(Ports.free(), Map.of("ENVIRONMENT", "production"))) {
      assertThat(run.exitStatus()).isNotZero();
      assertThat(run.lastErrorBeforeMaven()).contains("Drawbridge cannot start");
      assertThat(String.join("\n", run.output()))
          .contains(
              "DRAWBRIDGE_JWT_SECRET",
              "DRAWBRIDGE_JWT_ISSUER is required in production",
              "DRAWBRIDGE_JWT_AUDIENCE is required in production",
              "DRAWBRIDGE_DB_URL is required in production");
    }
  }

  /** The programs of this machine without Node, where Maven brings what bundles the page. */
  private static String pathOfANewcomer() throws IOException {
    String path = System.getenv("PATH");
    if (!(System.getProperty("os.name").equals("Linux")
        && System.getProperty("os.arch").equals("amd64"))) {
      return path;
    }
    Path bin = Files.createDirectories(Path.of("target", "path-without-node").toAbsolutePath());
    for (String folder : path.split(":", -1)) {
      try (Stream<Path> programs = Files.list(Path.of(folder))) {
        for (Path program : programs.toList()) {
          Path link = bin.resolve(program.getFileName());
          if (!program.getFileName().toString().matches("node|nodejs|npm|npx|corepack")
              && !Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
            Files.createSymbolicLink(link, program);
          }
        }
      } catch (NoSuchFileException | NotDirectoryException e) {
        // Not everything on a path is there.
      }
    }
    return bin.toString();
  }

  /** True if an address of this machine beside loopback takes connections. */
  private static boolean isOpenElsewhere(int port) throws IOException {
    for (NetworkInterface each : Collections.list(NetworkInterface.getNetworkInterfaces())) {
      for (InetAddress address : Collections.list(each.getInetAddresses())) {
        try (Socket socket = new Socket()) {
          if (!address.isLoopbackAddress()) {
            socket.connect(new InetSocketAddress(address, port), 1000);
            return true;
          }
        } catch (IOException e) {
          // As it shall be.
        }
      }
    }
    return false;
  }

  private HttpResponse<String> get(int port, String path) throws Exception {
    URI uri = URI.create("http://localhost:" + port + path);
    return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(int port, String path, String body) throws Exception {
    URI uri = URI.create("http://localhost:" + port + path);
    return http.send(
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
