package dev.drawbridge.dropin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Which way the frames of the sample's WAR take through a stand-alone Jetty, as it is built or with
 * a {@code WEB-INF/jetty-web.xml} of its author.
 */
@Timeout(180)
class JettyWaysIT {
  private static final TestTokens TOKENS = new TestTokens();
  private static final String VERSION = System.getProperty("jetty.whole.version");
  private static final Path SAMPLE = ServerProcess.WHOLE.resolve("drawbridge-webapp-sample.war");
  private static final List<String> EE_11 = List.of("ee11-deploy", "ee11-websocket-jetty");

  /** What an author may have there that has nothing to do with us. */
  private static final String OWN =
      """
      <?xml version="1.0"?>
      <!DOCTYPE Configure PUBLIC "-//Jetty//Configure//EN" "https://jetty.org/configure_10_0.dtd">
      <Configure id="mine">
        <Set name="displayName">mine</Set>
      %s</Configure>
      """;

  private static final String CALL =
      """
        <Call class="dev.drawbridge.endpoint.JettyClasses" name="show">
          <Arg><Ref refid="mine"/></Arg>
        </Call>
      """;

  @TempDir Path base;

  @ParameterizedTest
  @ValueSource(strings = {"ee11", "ee10"})
  void unchangedWarGoesTheDirectWay(String ee) throws Exception {
    List<String> modules = List.of(ee + "-deploy", ee + "-websocket-jetty");

    try (StandAloneJetty jetty = start(modules, SAMPLE, Map.of())) {
      assertThat(jetty.log()).contains("transport jetty-direct: ").doesNotContain("quicker: ");
      assertThat(echo(jetty)).isEqualTo("[1,2]");
      assertThat(diagnostics(jetty)).contains("\"way\":\"jetty-direct\"", "\"quicker\":null");
    }
  }

  @Test
  void fileInTheJarIsNotServed() throws Exception {
    try (StandAloneJetty jetty = start(EE_11, SAMPLE, Map.of())) {
      Visitor visitor = new Visitor(jetty.port());

      assertThat(visitor.get("/WEB-INF/jetty-web.xml").statusCode()).isEqualTo(404);
      assertThat(visitor.get("/").body()).contains("<script");
    }
  }

  @Test
  void settingSwitchesItOff() throws Exception {
    try (StandAloneJetty jetty =
        start(EE_11, SAMPLE, Map.of("DRAWBRIDGE_TRANSPORT", "jetty-api"))) {
      assertThat(jetty.log())
          .contains("transport jetty-api: DRAWBRIDGE_TRANSPORT=jetty-api")
          .doesNotContain("quicker: ");
      assertThat(echo(jetty)).isEqualTo("[1,2]");
    }
  }

  @Test
  void fileOfTheAuthorWinsAndTheSlowWaySaysWhatToDo() throws Exception {
    Path own = withFile(String.format(OWN, ""));

    try (StandAloneJetty jetty = start(EE_11, own, Map.of())) {
      assertThat(jetty.log())
          .contains("transport jetty-api: Jetty's own classes are not in sight")
          .contains("quicker: let the WAR's own WEB-INF/jetty-web.xml call JettyClasses.show");
      assertThat(echo(jetty)).isEqualTo("[1,2]");
      assertThat(diagnostics(jetty)).contains("JettyClasses.show");
    }
  }

  @Test
  void fileOfTheAuthorMayCallTheSame() throws Exception {
    Path own = withFile(String.format(OWN, CALL));

    try (StandAloneJetty jetty = start(EE_11, own, Map.of())) {
      assertThat(jetty.log()).contains("transport jetty-direct: ");
      assertThat(echo(jetty)).isEqualTo("[1,2]");
    }
  }

  @Test
  void moduleOfTheOperatorDoesItForAll() throws Exception {
    Path own = withFile(String.format(OWN, ""));
    Files.createDirectories(base.resolve("modules"));
    try (JarFile jar = new JarFile(endpoint(base.resolve("module.jar")).toFile());
        InputStream module =
            jar.getInputStream(jar.getEntry("META-INF/drawbridge/drawbridge.mod"))) {
      Files.copy(module, base.resolve("modules/drawbridge.mod"));
    }

    try (StandAloneJetty jetty =
        start(List.of("ee11-deploy", "ee11-websocket-jetty", "drawbridge"), own, Map.of())) {
      assertThat(jetty.log()).contains("transport jetty-direct: ");
      assertThat(echo(jetty)).isEqualTo("[1,2]");
    }
  }

  /** The sample with a file more. */
  private Path withFile(String text) throws IOException {
    Path own = base.resolve("own.war");
    Files.copy(SAMPLE, own);
    try (FileSystem war = FileSystems.newFileSystem(own)) {
      Files.writeString(war.getPath("/WEB-INF/jetty-web.xml"), text, StandardCharsets.UTF_8);
    }
    return own;
  }

  /** Our jar as it is in the sample. */
  private static Path endpoint(Path target) throws IOException {
    try (JarFile war = new JarFile(SAMPLE.toFile());
        OutputStream out = Files.newOutputStream(target)) {
      String name =
          war.stream()
              .map(java.util.zip.ZipEntry::getName)
              .filter(each -> each.startsWith("WEB-INF/lib/drawbridge-endpoint-"))
              .findFirst()
              .orElseThrow();
      war.getInputStream(war.getEntry(name)).transferTo(out);
    }
    return target;
  }

  private StandAloneJetty start(List<String> modules, Path war, Map<String, String> more)
      throws Exception {
    Map<String, String> environment =
        new HashMap<>(
            Map.of(
                "ENVIRONMENT",
                "development",
                "WEBSOCKET_DEV_MODE",
                "true",
                "DRAWBRIDGE_DEV_KEY",
                "off",
                "DRAWBRIDGE_JWT_SECRET",
                TestTokens.SECRET));
    environment.putAll(more);
    return new StandAloneJetty(VERSION, base, modules, war, environment);
  }

  private static String echo(StandAloneJetty jetty) throws Exception {
    URI uri = URI.create("ws://127.0.0.1:" + jetty.port() + "/ws");
    try (RecordingClient alice = RecordingClient.connect(uri, TOKENS.of("alice"))) {
      String answer = alice.request("echo", List.of(1, 2)).data().toString();
      alice.leave();
      return answer;
    }
  }

  private static String diagnostics(StandAloneJetty jetty) throws Exception {
    return new Visitor(jetty.port()).get("/ws/diagnostics", "Accept", "application/json").body();
  }
}
