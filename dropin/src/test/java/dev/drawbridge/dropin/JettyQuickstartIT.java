package dev.drawbridge.dropin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The sample's WAR preconfigured by Jetty's module {@code quickstart}: Jetty writes down once what
 * it finds in the WAR, and looks into no jar of it again, so that it does not read the {@code
 * jetty-web.xml} of ours either.
 */
@Timeout(180)
class JettyQuickstartIT {
  private static final TestTokens TOKENS = new TestTokens();
  private static final String VERSION = System.getProperty("jetty.whole.version");
  private static final Path SAMPLE = ServerProcess.WHOLE.resolve("drawbridge-webapp-sample.war");
  private static final Pattern WRITTEN = Pattern.compile("Generated (.*)quickstart-web\\.xml");
  private static final Pattern WAY = Pattern.compile("\"way\":\"([a-z-]+)\"");

  private static final String OWN =
      """
      <?xml version="1.0"?>
      <!DOCTYPE Configure PUBLIC "-//Jetty//Configure//EN" "https://jetty.org/configure_10_0.dtd">
      <Configure id="application">
        <Call class="dev.drawbridge.endpoint.JettyClasses" name="show">
          <Arg><Ref refid="application"/></Arg>
        </Call>
      </Configure>
      """;

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "ENVIRONMENT",
          "development",
          "WEBSOCKET_DEV_MODE",
          "true",
          "DRAWBRIDGE_DEV_KEY",
          "off",
          "DRAWBRIDGE_JWT_SECRET",
          TestTokens.SECRET);

  @TempDir Path base;

  @Test
  void preconfiguredWarRunsAndGoesTheDirectWayWithAFileOfItsOwn() throws Exception {
    Path written = preconfigured();
    with(base.resolve("webapps/plain.war"), Map.of("quickstart-web.xml", written));
    Path own = base.resolve("own.war");
    with(own, Map.of("quickstart-web.xml", written, "jetty-web.xml", file()));
    quickstart("QUICKSTART", "");

    try (StandAloneJetty jetty =
        new StandAloneJetty(
            VERSION, base, List.of("ee11-deploy", "ee11-websocket-jetty"), own, ENVIRONMENT)) {
      assertThat(jetty.log())
          .contains("transport jetty-direct: ")
          .contains("transport jetty-api: Jetty's own classes are not in sight")
          .contains("quicker: let the WAR's own WEB-INF/jetty-web.xml call JettyClasses.show");
      assertThat(way(jetty, "")).isEqualTo("jetty-direct");
      assertThat(way(jetty, "/plain")).isEqualTo("jetty-api");
      for (String path : List.of("", "/plain")) {
        assertThat(echo(jetty, path)).isEqualTo("[1,2]");
        assertThat(new Visitor(jetty.port()).get(path + "/").body()).contains("<script");
      }
    }
  }

  private void quickstart(String mode, String more) throws Exception {
    Path properties = Files.createDirectories(base.resolve("start.d")).resolve("quickstart.ini");
    Files.writeString(
        properties, "--module=ee11-quickstart\njetty.quickstart.mode=" + mode + "\n" + more);
  }

  /** What Jetty writes of the sample; no application starts. */
  private Path preconfigured() throws Exception {
    Path written = base.resolve("quickstart-web.xml");
    quickstart("GENERATE", "jetty.quickstart.xml=" + written);
    Path home = ServerProcess.WHOLE.resolve("jetty-home-" + VERSION);
    Files.copy(SAMPLE, Files.createDirectories(base.resolve("webapps")).resolve("ROOT.war"));
    List<String> arguments =
        List.of(
            "-Djetty.home=" + home,
            "-Djetty.base=" + base,
            "-Djava.io.tmpdir=" + Files.createDirectories(base.resolve("temp")),
            "-jar",
            home.resolve("start.jar").toString(),
            "jetty.http.host=127.0.0.1",
            "jetty.http.port=0",
            "--module=http,logging-jetty,ee11-deploy,ee11-websocket-jetty");
    try (ServerProcess process = new ServerProcess(base, ENVIRONMENT, arguments)) {
      process.await(WRITTEN);
    }
    Files.delete(base.resolve("webapps/ROOT.war"));
    return written;
  }

  /** What an author writes. */
  private Path file() throws Exception {
    return Files.writeString(base.resolve("jetty-web.xml"), OWN);
  }

  /** The sample with more files in {@code WEB-INF}. */
  private static void with(Path war, Map<String, Path> more) throws Exception {
    Files.copy(SAMPLE, war);
    try (FileSystem files = FileSystems.newFileSystem(war)) {
      for (Map.Entry<String, Path> file : more.entrySet()) {
        Files.copy(file.getValue(), files.getPath("/WEB-INF", file.getKey()));
      }
    }
  }

  private static String way(StandAloneJetty jetty, String path) throws Exception {
    String page =
        new Visitor(jetty.port())
            .get(path + "/ws/diagnostics", "Accept", "application/json")
            .body();
    Matcher way = WAY.matcher(page);
    return way.find() ? way.group(1) : page;
  }

  private static String echo(StandAloneJetty jetty, String path) {
    URI uri = URI.create("ws://127.0.0.1:" + jetty.port() + path + "/ws");
    try (RecordingClient alice = RecordingClient.connect(uri, TOKENS.of("alice"))) {
      String answer = alice.request("echo", List.of(1, 2)).data().toString();
      alice.leave();
      return answer;
    }
  }
}
