package dev.drawbridge.dropin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The sample's WAR, as it is built, in a Tomcat of its own process, as its distribution starts it.
 */
@Timeout(120)
class StandAloneIT {
  private static final Path WHOLE = Path.of("target", "whole").toAbsolutePath();

  /** The name of a connector whose port the system has chosen. */
  private static final Pattern STARTED =
      Pattern.compile("Starting ProtocolHandler \\[\"http-nio-127.0.0.1-auto-\\d+-(\\d+)\"]");

  @TempDir Path base;

  @ParameterizedTest
  @ValueSource(strings = {"tomcat10.whole.version", "tomcat11.whole.version"})
  void sampleRunsInTomcatAsItIsBuilt(String version) throws Exception {
    Path home = WHOLE.resolve("apache-tomcat-" + System.getProperty(version));
    Process tomcat = start(home);
    try {
      List<String> log = new ArrayList<>();
      int port = port(tomcat, log);

      assertThat(log).anyMatch(line -> line.contains("transport tomcat: Tomcat"));
      try (RecordingClient client =
          RecordingClient.connect(
              URI.create("ws://127.0.0.1:" + port + "/ws"), new TestTokens().of("alice"))) {
        assertThat(client.request("ping", null).type()).isEqualTo("pong");
        client.leave();
      }
    } finally {
      tomcat.destroy();
      tomcat.waitFor();
    }
  }

  private Process start(Path home) throws IOException {
    Files.createDirectories(base.resolve("conf"));
    for (String file : List.of("web.xml", "context.xml", "tomcat-users.xml")) {
      Files.copy(home.resolve("conf").resolve(file), base.resolve("conf").resolve(file));
    }
    String server = Files.readString(home.resolve("conf/server.xml"));
    Files.writeString(
        base.resolve("conf/server.xml"),
        server
            .replace("port=\"8080\"", "port=\"0\" address=\"127.0.0.1\"")
            .replace("port=\"8005\"", "port=\"-1\""));
    for (String folder : List.of("logs", "temp", "work", "webapps")) {
      Files.createDirectories(base.resolve(folder));
    }
    Files.copy(
        WHOLE.resolve("drawbridge-webapp-sample.war"), base.resolve("webapps").resolve("ROOT.war"));
    ProcessBuilder program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                home.resolve("bin/bootstrap.jar") + ":" + home.resolve("bin/tomcat-juli.jar"),
                "-Dcatalina.home=" + home,
                "-Dcatalina.base=" + base,
                "-Djava.io.tmpdir=" + base.resolve("temp"),
                "org.apache.catalina.startup.Bootstrap",
                "start")
            .redirectErrorStream(true);
    program.environment().put("ENVIRONMENT", "development");
    program.environment().put("WEBSOCKET_DEV_MODE", "true");
    program.environment().put("DRAWBRIDGE_JWT_SECRET", TestTokens.SECRET);
    return program.start();
  }

  /** Reads the log until the connector says its port. */
  private static int port(Process tomcat, List<String> log) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(tomcat.getInputStream(), StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      log.add(line);
      Matcher started = STARTED.matcher(line);
      if (started.find()) {
        return Integer.parseInt(started.group(1));
      }
    }
    throw new AssertionError("Tomcat does not start: " + String.join("\n", log));
  }
}
