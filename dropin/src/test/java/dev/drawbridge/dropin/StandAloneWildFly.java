package dev.drawbridge.dropin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A WildFly in a process of its own, as its script starts it, with one WAR at the root. */
final class StandAloneWildFly implements StandAloneServer {
  private static final Pattern LISTENS =
      Pattern.compile("WFLYUT0006: .*listener default listening on 127\\.0\\.0\\.1:(\\d+)");

  private static final Pattern STARTED = Pattern.compile("WFLYSRV0025: ");
  private static final Pattern DEPLOYED = Pattern.compile("WFLYSRV001[06]: .*ROOT\\.war");

  private final ServerProcess process;
  private final Path deployments;
  private final int port;

  /**
   * Starts one and waits until it serves.
   *
   * @param home where its distribution is unpacked
   */
  StandAloneWildFly(Path home, Path base, Path war, Map<String, String> environment)
      throws Exception {
    copy(home.resolve("standalone/configuration"), base.resolve("configuration"));
    deployments = Files.createDirectories(base.resolve("deployments"));
    Files.copy(war, deployments.resolve("ROOT.war"));
    List<String> arguments = new ArrayList<>();
    // What its script opens.
    for (String each :
        List.of("lang", "lang.invoke", "lang.reflect", "io", "net", "security", "util")) {
      arguments.add("--add-opens=java.base/java." + each + "=ALL-UNNAMED");
    }
    arguments.add("--add-opens=java.base/java.util.concurrent=ALL-UNNAMED");
    arguments.add("--add-opens=java.management/javax.management=ALL-UNNAMED");
    arguments.add("--add-opens=java.naming/javax.naming=ALL-UNNAMED");
    arguments.add("--add-exports=java.naming/com.sun.jndi.ldap=ALL-UNNAMED");
    arguments.add("--add-exports=java.naming/com.sun.jndi.url.ldap=ALL-UNNAMED");
    arguments.add("-Djava.net.preferIPv4Stack=true");
    arguments.add("-Dorg.jboss.boot.log.file=" + base.resolve("boot.log"));
    // Else what it says before its log is set up is in that file alone.
    arguments.add(
        "-Dlogging.configuration=" + base.resolve("configuration/logging.properties").toUri());
    arguments.add("-Djboss.modules.system.pkgs=org.jboss.byteman");
    arguments.add("-jar");
    arguments.add(home.resolve("jboss-modules.jar").toString());
    arguments.add("-mp");
    arguments.add(home.resolve("modules").toString());
    arguments.add("org.jboss.as.standalone");
    arguments.add("-Djboss.home.dir=" + home);
    arguments.add("-Djboss.server.base.dir=" + base);
    for (String socket : List.of("http", "https", "management.http")) {
      arguments.add("-Djboss." + socket + ".port=0");
    }
    process = new ServerProcess(base, environment, arguments);
    port = Integer.parseInt(process.await(LISTENS).group(1));
    process.await(STARTED);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
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
    Files.createFile(deployments.resolve("ROOT.war.dodeploy"));
    process.await(DEPLOYED);
  }
}
