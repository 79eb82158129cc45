package dev.drawbridge.bench.load;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The command of a stand-alone Jetty as its distribution starts it, with the bench server as a WAR
 * at the root. {@code bench/run.sh} unpacks the distribution and names it by {@code
 * bench.jetty.home}.
 */
final class JettyHome {
  /** What belongs into the WAR; Jetty and the APIs are the server's. */
  private static final Pattern OURS =
      Pattern.compile(
          "(drawbridge|HikariCP|jose4j|caffeine|jackson|slf4j-api|h2-|logback|jspecify|flyway|classmate).*\\.jar");

  private static final String WEB_XML =
      """
      <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
        <listener><listener-class>dev.drawbridge.bench.BenchWar</listener-class></listener>
      </web-app>
      """;

  private JettyHome() {}

  /**
   * What starts it.
   *
   * @param jvm options of its JVM
   * @param classPath with our classes, in folders or jars
   * @param arguments of the bench server
   */
  static List<String> command(List<String> jvm, String classPath, List<String> arguments)
      throws IOException {
    String home = System.getProperty("bench.jetty.home");
    if (home == null) {
      throw new IllegalArgumentException("the target needs -Dbench.jetty.home");
    }
    Path base = Targets.scratch();
    war(base.resolve("webapps/ROOT/WEB-INF"), classPath);
    int port = freePort();
    List<String> command = new ArrayList<>();
    command.add(Target.java());
    command.addAll(jvm);
    command.add("-Dbench.arguments=" + String.join(" ", arguments) + " --port " + port);
    command.add("-Djetty.home=" + home);
    command.add("-Djetty.base=" + base);
    command.add("-jar");
    command.add(Path.of(home, "start.jar").toString());
    command.add("jetty.http.host=127.0.0.1");
    command.add("jetty.http.port=" + port);
    command.add("jetty.http.acceptQueueSize=4096");
    command.add("--module=http,logging-jetty,ee11-deploy,ee11-websocket-jetty");
    return command;
  }

  /** Below those that a system hands out by itself, so that nobody takes it before Jetty does. */
  private static int freePort() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 30_000);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // Somebody listens there.
      }
    }
  }

  private static void war(Path webInf, String classPath) throws IOException {
    Path lib = Files.createDirectories(webInf.resolve("lib"));
    Files.writeString(webInf.resolve("web.xml"), WEB_XML);
    int number = 0;
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      Path path = Path.of(entry);
      if (Files.isDirectory(path)) {
        // As jars: Jetty looks into those of a WAR only.
        jar(path, lib.resolve("drawbridge-" + number + ".jar"));
        number++;
      } else if (OURS.matcher(path.getFileName().toString()).matches()) {
        Files.copy(path, lib.resolve(path.getFileName()));
      }
    }
  }

  private static void jar(Path classes, Path target) throws IOException {
    try (OutputStream file = Files.newOutputStream(target);
        JarOutputStream jar = new JarOutputStream(file);
        Stream<Path> files = Files.walk(classes)) {
      files.filter(Files::isRegularFile).forEach(each -> add(jar, classes, each));
    }
  }

  private static void add(JarOutputStream jar, Path classes, Path file) {
    try {
      jar.putNextEntry(
          new JarEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
      Files.copy(file, jar);
      jar.closeEntry();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
