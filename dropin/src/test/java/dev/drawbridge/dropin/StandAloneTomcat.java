package dev.drawbridge.dropin;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** A Tomcat in a process of its own, started as its distribution does, with one WAR at the root. */
final class StandAloneTomcat implements StandAloneServer {
  /** The name of a connector whose port the system has chosen. */
  private static final Pattern STARTED =
      Pattern.compile("Starting ProtocolHandler \\[\"http-nio-127.0.0.1-auto-\\d+-(\\d+)\"]");

  private static final Pattern DEPLOYED =
      Pattern.compile("Deployment of web application archive .*ROOT\\.war\\] has finished");

  private final ServerProcess process;
  private final Path war;
  private final int port;

  /** Starts one and waits until it serves. */
  StandAloneTomcat(String version, Path base, String application, Map<String, String> environment)
      throws Exception {
    Path home = ServerProcess.WHOLE.resolve("apache-tomcat-" + version);
    configure(home, base);
    war = base.resolve("webapps").resolve("ROOT.war");
    Files.copy(ServerProcess.WHOLE.resolve(application), war);
    // Tomcat looks for another time than the last one, and lets alone what is younger than 1 s.
    Files.setLastModifiedTime(war, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    process =
        new ServerProcess(
            base,
            environment,
            List.of(
                "-cp",
                home.resolve("bin/bootstrap.jar")
                    + File.pathSeparator
                    + home.resolve("bin/tomcat-juli.jar"),
                // What catalina.sh opens, for the checks when an application stops.
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/java.io=ALL-UNNAMED",
                "--add-opens=java.base/java.util=ALL-UNNAMED",
                "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
                "--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED",
                "-Dcatalina.home=" + home,
                "-Dcatalina.base=" + base,
                "-Djava.io.tmpdir=" + base.resolve("temp"),
                "org.apache.catalina.startup.Bootstrap",
                "start"));
    port = Integer.parseInt(process.await(STARTED).group(1));
  }

  private static void configure(Path home, Path base) throws IOException {
    for (String folder : List.of("conf", "logs", "temp", "work", "webapps")) {
      Files.createDirectories(base.resolve(folder));
    }
    for (String file : List.of("web.xml", "context.xml", "tomcat-users.xml")) {
      Files.copy(home.resolve("conf").resolve(file), base.resolve("conf").resolve(file));
    }
    Files.writeString(
        base.resolve("conf/server.xml"),
        Files.readString(home.resolve("conf/server.xml"))
            .replace("port=\"8080\"", "port=\"0\" address=\"127.0.0.1\"")
            .replace("port=\"8005\"", "port=\"-1\"")
            // So often it looks for a new WAR; ten seconds by default.
            .replace("<Engine ", "<Engine backgroundProcessorDelay=\"1\" "));
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
    Instant before = Files.getLastModifiedTime(war).toInstant();
    Files.setLastModifiedTime(war, FileTime.from(before.plus(Duration.ofMinutes(1))));
    process.await(DEPLOYED);
  }
}
