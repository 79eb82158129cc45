package dev.drawbridge.dropin;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Tomcat in a process of its own, started as its distribution does, with one WAR at the root. */
final class StandAloneTomcat implements AutoCloseable {
  private static final Path WHOLE = Path.of("target", "whole").toAbsolutePath();
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The name of a connector whose port the system has chosen. */
  private static final Pattern STARTED =
      Pattern.compile("Starting ProtocolHandler \\[\"http-nio-127.0.0.1-auto-\\d+-(\\d+)\"]");

  private static final Pattern DEPLOYED =
      Pattern.compile("Deployment of web application archive .*ROOT\\.war\\] has finished");

  private final Process process;
  private final Path war;
  private final BlockingQueue<String> log = new LinkedBlockingQueue<>();
  private final Queue<String> all = new ConcurrentLinkedQueue<>();

  final int port;

  /** Starts one and waits until it serves. */
  StandAloneTomcat(String version, Path base, String application, Map<String, String> environment)
      throws Exception {
    Path home = WHOLE.resolve("apache-tomcat-" + version);
    configure(home, base);
    war = base.resolve("webapps").resolve("ROOT.war");
    Files.copy(WHOLE.resolve(application), war);
    // Tomcat looks for another time than the last one, and lets alone what is younger than 1 s.
    Files.setLastModifiedTime(war, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    ProcessBuilder program =
        new ProcessBuilder(
                JAVA.resolve("java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                // What is held softly goes with the next collection.
                "-XX:SoftRefLRUPolicyMSPerMB=0",
                "-cp",
                home.resolve("bin/bootstrap.jar")
                    + java.io.File.pathSeparator
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
                "start")
            .redirectErrorStream(true);
    program.environment().putAll(environment);
    process = program.start();
    Thread reader = new Thread(this::read, "log of Tomcat");
    reader.setDaemon(true);
    reader.start();
    port = Integer.parseInt(await(STARTED).group(1));
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

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        all.add(line);
        log.add(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for a line that was not waited past before. */
  private Matcher await(Pattern pattern) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    for (long left = PATIENCE.toNanos(); left > 0; left = deadline - System.nanoTime()) {
      String line = log.poll(left, TimeUnit.NANOSECONDS);
      Matcher matcher = pattern.matcher(line == null ? "" : line);
      if (matcher.find()) {
        return matcher;
      }
    }
    throw new AssertionError("no line with " + pattern + " in:\n" + log());
  }

  /** What it has written so far. */
  String log() {
    return String.join("\n", all);
  }

  /** Puts the same WAR there once more, and waits until Tomcat has taken it. */
  void redeploy() throws Exception {
    Instant before = Files.getLastModifiedTime(war).toInstant();
    Files.setLastModifiedTime(war, FileTime.from(before.plus(Duration.ofMinutes(1))));
    await(DEPLOYED);
  }

  /** Class loaders of applications that a full collection leaves. */
  long applications() throws Exception {
    Process histogram =
        new ProcessBuilder(
                JAVA.resolve("jcmd").toString(), Long.toString(process.pid()), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    try (BufferedReader lines = histogram.inputReader(StandardCharsets.UTF_8)) {
      return lines
          .lines()
          .filter(line -> line.strip().endsWith(".ParallelWebappClassLoader"))
          .mapToLong(line -> Long.parseLong(line.strip().split("\\s+", -1)[1]))
          .sum();
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      process.onExit().get(20, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      process.destroyForcibly();
      throw new AssertionError("Tomcat does not stop:\n" + log(), e);
    }
  }
}
