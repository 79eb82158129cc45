package dev.drawbridge.dropin;

import static dev.drawbridge.dropin.Deployment.at;
import static dev.drawbridge.dropin.Deployment.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.testing.Ports;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The steps of {@code deploy/Dockerfile} in a plain folder, and a server's life as there. */
@Timeout(180)
class DeployedSampleIT {
  private static final String SECRET = "0f9d3c6b1e8a7542-4b7d2e9c5a1f8036-test";
  private static final Pattern STARTED =
      Pattern.compile("Started oejs.ServerConnector@.*\\{127\\.0\\.0\\.1:(\\d+)}");

  @TempDir static Path shared;
  @TempDir Path directory;

  /** The folder that the image has in {@code /opt/chat}. */
  private static Path folder;

  private record Output(int status, String text) {}

  private static Output run(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(text).isTrue();
    return new Output(process.exitValue(), text);
  }

  private static Output assembled() throws IOException, InterruptedException {
    Path home =
        ServerProcess.WHOLE.resolve("jetty-home-" + System.getProperty("jetty.whole.version"));
    return run(
        Map.of("JAVA_HOME", System.getProperty("java.home")),
        List.of(
            Deployment.FILES.resolve("assemble.sh").toString(),
            home.toString(),
            ServerProcess.WHOLE.resolve("drawbridge-webapp-sample.war").toString(),
            folder.toString(),
            ServerProcess.WHOLE.resolve("drawbridge-cluster-sql.jar").toString()));
  }

  /** What the stage `build` does behind Maven. */
  @BeforeAll
  static void assemble() throws Exception {
    assumeThat(Files.isExecutable(Path.of("/usr/bin/curl")))
        .as("curl, by which the recipes ask the server")
        .isTrue();
    folder = shared.toRealPath().resolve("chat");
    Output done = assembled();
    assertThat(done.status()).as(done.text()).isZero();
  }

  private void settings(String origins) throws IOException {
    Path fresh =
        Files.writeString(
            directory.resolve("fresh"),
            String.join(
                "\n",
                "WEBSOCKET_ALLOWED_ORIGINS=" + origins,
                "DRAWBRIDGE_JWT_ISSUER=" + TestTokens.ISSUER,
                "DRAWBRIDGE_JWT_AUDIENCE=" + TestTokens.AUDIENCE,
                "DRAWBRIDGE_USERS=token",
                "DRAWBRIDGE_WARM_UP=200ms",
                ""));
    Files.move(fresh, directory.resolve("settings"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.map(Path::toString).sorted().collect(Collectors.toList());
    }
  }

  private static int status(int port, Object probe) throws Exception {
    return new Visitor(port).get((String) at(probe, "httpGet", "path")).statusCode();
  }

  @Test
  void itStartsReloadsDrainsAndEndsAsTheRecipesSay() throws Exception {
    settings("https://app.example.org");
    Map<String, String> environment = new TreeMap<>(Deployment.variables());
    Path key =
        Files.writeString(
            directory.resolve("jwt.properties"), "DRAWBRIDGE_JWT_SECRET=" + SECRET + "\n");
    environment.put("DRAWBRIDGE_SETTINGS_FILE", directory.resolve("settings") + "," + key);
    environment.put(
        "DRAWBRIDGE_MANAGEMENT_TOKEN_FILE",
        Files.writeString(directory.resolve("management"), "an-operator-77b1d0e4f2aa\n")
            .toString());
    List<String> start = new ArrayList<>(Deployment.only("ENTRYPOINT").list());
    assertThat(start.remove(0)).isEqualTo("java");
    start.addAll(0, List.of("-Djetty.http.host=127.0.0.1", "-Djetty.http.port=0"));
    List<String> before = files(folder);
    Object container =
        at(Deployment.objects().get("Deployment"), "spec", "template", "spec", "containers", 0);
    Object startup = at(container, "startupProbe");
    Object readiness = at(container, "readinessProbe");

    try (ServerProcess server = new ServerProcess(folder, environment, start)) {
      int port = Integer.parseInt(server.await(STARTED).group(1));
      Map<String, String> manager = new TreeMap<>(environment);
      manager.put("MANAGE_URL", "http://127.0.0.1:" + port + "/ws");
      String manage = folder.resolve("manage").toString();
      assertThat(server.log()).contains("transport jetty-direct").doesNotContain("ERROR");
      assertThat(run(manager, List.of(manage, "wait")).status()).isZero();
      assertThat(run(manager, List.of(manage, "ready")).status()).isZero();
      assertThat(status(port, startup)).isEqualTo(200);
      assertThat(status(port, readiness)).isEqualTo(200);
      settings("https://app.example.org, https://new.example.org");

      Output reloaded = run(manager, List.of(manage, "reload"));

      assertThat(reloaded.status()).isZero();
      assertThat(reloaded.text()).contains("\"generation\":2", "https://new.example.org");
      settings("*");
      Output refused = run(manager, List.of(manage, "reload"));
      assertThat(refused.status()).as("the unit's reload fails, too").isNotZero();
      assertThat(refused.text()).contains("settings_invalid", "WEBSOCKET_ALLOWED_ORIGINS");

      TestTokens tokens =
          new TestTokens(SECRET, TestTokens.ISSUER, TestTokens.AUDIENCE, Clock.systemUTC());
      try (RecordingClient client =
          RecordingClient.connect(
              URI.create("ws://127.0.0.1:" + port + "/ws"), tokens.of("alice"))) {
        long begun = System.nanoTime();

        Output drained = run(manager, List.of(manage, "drain"));

        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun);
        assertThat(drained.status()).isZero();
        assertThat(drained.text()).contains("\"connections\":0}");
        client.expect("drain");
        assertThat(client.expectClose(1012).reason()).isEqualTo("draining");
        assertThat(seconds).as("not the whole time that there is").isLessThan(15);
      }
      assertThat(status(port, readiness)).isEqualTo(503);
      assertThat(run(manager, List.of(manage, "ready")).status()).isNotZero();
      assertThat(status(port, startup)).isEqualTo(200);
      assertThat(run(manager, List.of(manage, "live")).status()).isZero();

      assertThat(server.terminate())
          .isEqualTo(Integer.parseInt(Deployment.unit("SuccessExitStatus").get(0)));
      assertThat(server.log()).containsPattern("drained in \\d+ ms");
    }
    assertThat(files(folder)).as("it can be read alone").isEqualTo(before);
    assertThat(number(startup, "failureThreshold") * number(startup, "periodSeconds"))
        .as("longer than a start waits for its database")
        .isGreaterThan(30 + 60);
  }

  /** What the stage `archive` does; the next start takes its classes from there. */
  @Test
  void theArchiveIsTakenByTheNextStart() throws Exception {
    int port = Ports.free();
    Map<String, String> environment =
        Map.of(
            "PATH",
            Path.of(System.getProperty("java.home"), "bin") + ":" + System.getenv("PATH"),
            "JDK_JAVA_OPTIONS",
            "-XX:TieredStopAtLevel=1 -Djetty.http.host=127.0.0.1 -Djetty.http.port=" + port,
            "DRAWBRIDGE_WARM_UP",
            "200ms",
            "MANAGE_URL",
            "http://127.0.0.1:" + port + "/ws");

    Output archived = run(environment, List.of(folder.resolve("archive.sh").toString()));

    assertThat(archived.status()).as(archived.text()).isZero();
    assertThat(folder.resolve("classes.jsa")).isNotEmptyFile();
    Output started =
        run(
            environment,
            List.of(
                "sh",
                "-c",
                "cd "
                    + folder
                    + " && java -XX:SharedArchiveFile=classes.jsa -Xshare:on -Xlog:class+load"
                    + " @jvm.options @start.args --version"));
    assertThat(started.text())
        .contains("org.eclipse.jetty.xml.XmlConfiguration source: shared objects file (top)");
  }

  @Test
  void aStartThatFailsEndsTheProcess() throws Exception {
    Output failed =
        run(
            Map.of("ENVIRONMENT", "production", "JDK_JAVA_OPTIONS", "-Djetty.http.port=0"),
            List.of(
                "sh",
                "-c",
                "cd " + folder + " && exec java -XX:TieredStopAtLevel=1 @jvm.options @start.args"));

    assertThat(failed.status()).isEqualTo(1);
    assertThat(failed.text()).contains("Drawbridge cannot start, ");
  }

  @Test
  void anOldVersionIsNotMixedWithANewOne() throws Exception {
    List<String> before = files(folder.resolve("webapps"));

    Output again = assembled();

    assertThat(again.status()).isNotZero();
    assertThat(again.text()).contains("a new version is a new folder");
    assertThat(files(folder.resolve("webapps"))).isEqualTo(before);
  }
}
