package dev.drawbridge.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A real nginx or HAProxy in front of servers, with a configuration of a document. Absent ones skip
 * the calling test, or fail it when {@code REQUIRE_PROXIES} is {@code true}.
 */
public final class ProxyProcess implements AutoCloseable {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Process process;
  private final Path directory;
  private final int port;

  private ProxyProcess(List<String> command, Path directory, int port) throws IOException {
    this.directory = directory;
    this.port = port;
    this.process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output.log").toFile())
            .start();
    awaitPort();
  }

  /** nginx with the inside of an {@code http} block that listens at 8000 and leads to 8080. */
  public static ProxyProcess nginx(String http, int target) {
    return nginx(http, Map.of("8080", Integer.toString(target)));
  }

  /**
   * nginx with the inside of an {@code http} block that listens at 8000.
   *
   * @param targets addresses of the document and what they are here
   */
  public static ProxyProcess nginx(String http, Map<String, String> targets) {
    String program = require("nginx");
    try {
      Path directory = Files.createTempDirectory("proxy-nginx");
      int port = Ports.free();
      Path file = directory.resolve("nginx.conf");
      String paths =
          Stream.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
              .map(name -> name + "_temp_path " + directory + "/" + name + ";\n")
              .reduce("", String::concat);
      Files.writeString(
          file,
          "daemon off;\nmaster_process off;\npid "
              + directory
              + "/nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"
              + paths
              + here(http, port, targets)
              + "}\n");
      return new ProxyProcess(
          List.of(program, "-p", directory.toString(), "-e", "stderr", "-c", file.toString()),
          directory,
          port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** HAProxy with a configuration that listens at 8000 and leads to 8080. */
  public static ProxyProcess haproxy(String configuration, int target) {
    return haproxy(configuration, Map.of("8080", Integer.toString(target)));
  }

  /**
   * HAProxy with a configuration that listens at 8000.
   *
   * @param targets addresses of the document and what they are here
   */
  public static ProxyProcess haproxy(String configuration, Map<String, String> targets) {
    String program = require("haproxy");
    try {
      Path directory = Files.createTempDirectory("proxy-haproxy");
      int port = Ports.free();
      Path file = directory.resolve("haproxy.cfg");
      Files.writeString(file, here(configuration, port, targets));
      return new ProxyProcess(List.of(program, "-db", "-f", file.toString()), directory, port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All at once, so that what one has become is not taken for another. */
  private static String here(String configuration, int port, Map<String, String> targets) {
    Map<String, String> all = new HashMap<>(targets);
    all.put("8000", Integer.toString(port));
    Pattern any =
        Pattern.compile(
            all.keySet().stream()
                .map(Pattern::quote)
                .collect(Collectors.joining("|", "\\b(?:", ")\\b")));
    return any.matcher(configuration)
        .replaceAll(found -> Matcher.quoteReplacement(all.get(found.group())));
  }

  private static String require(String name) {
    for (String place : List.of("/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/")) {
      if (Files.isExecutable(Path.of(place + name))) {
        return place + name;
      }
    }
    String message = name + " is not installed";
    if (Boolean.parseBoolean(System.getenv("REQUIRE_PROXIES"))) {
      throw new AssertionError(message + " (REQUIRE_PROXIES=true)");
    }
    return Assumptions.abort(message);
  }

  private void awaitPort() throws IOException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() - end > 0) {
          process.destroyForcibly();
          throw new IOException(
              "the proxy does not start: " + Files.readString(directory.resolve("output.log")), e);
        }
        LockSupport.parkNanos(2_000_000);
      }
    }
  }

  /** The page that the proxy delivers. */
  public URI page() {
    return URI.create("http://127.0.0.1:" + port + "/");
  }

  /** Where clients connect. */
  public String url() {
    return "ws://127.0.0.1:" + port + "/ws";
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      try (Stream<Path> files = Files.walk(directory)) {
        files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
