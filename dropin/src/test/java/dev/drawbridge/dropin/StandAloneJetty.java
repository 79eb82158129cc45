package dev.drawbridge.dropin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A Jetty in a process of its own, started as its distribution does, with one WAR at the root. */
final class StandAloneJetty implements StandAloneServer {
  private static final Pattern STARTED =
      Pattern.compile("Started oejs.ServerConnector@.*\\{127\\.0\\.0\\.1:(\\d+)}");

  private static final Pattern DEPLOYED = Pattern.compile("Started oeje\\d+w.WebAppContext@.*ROOT");

  private final ServerProcess process;
  private final Path war;
  private final int port;

  /**
   * Starts one and waits until it serves.
   *
   * @param base its base folder, which may hold modules
   * @param modules beside those of HTTP and of the log
   * @param war at the root of the server
   */
  StandAloneJetty(
      String version, Path base, List<String> modules, Path war, Map<String, String> environment)
      throws Exception {
    Path home = ServerProcess.WHOLE.resolve("jetty-home-" + version);
    Files.createDirectories(base.resolve("webapps"));
    this.war = base.resolve("webapps").resolve("ROOT.war");
    Files.copy(war, this.war);
    List<String> arguments = new ArrayList<>();
    arguments.add("-Djetty.home=" + home);
    arguments.add("-Djetty.base=" + base);
    arguments.add("-Djava.io.tmpdir=" + Files.createDirectories(base.resolve("temp")));
    arguments.add("-jar");
    arguments.add(home.resolve("start.jar").toString());
    // Before the modules: behind one of an EE, properties are those of that EE alone.
    arguments.add("jetty.http.host=127.0.0.1");
    arguments.add("jetty.http.port=0");
    // So often it looks for a new WAR.
    arguments.add("jetty.deploy.scanInterval=1");
    arguments.add("--module=http,logging-jetty," + String.join(",", modules));
    process = new ServerProcess(base, environment, arguments);
    // Applications start before the connector.
    port = Integer.parseInt(process.await(STARTED).group(1));
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public ServerProcess process() {
    return process;
  }

  @Override
  public void redeploy() throws Exception {
    touch(war);
    process.await(DEPLOYED);
  }

  private static void touch(Path file) throws IOException {
    Instant before = Files.getLastModifiedTime(file).toInstant();
    Files.setLastModifiedTime(file, FileTime.from(before.plus(Duration.ofMinutes(1))));
  }
}
