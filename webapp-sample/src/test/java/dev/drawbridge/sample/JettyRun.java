package dev.drawbridge.sample;

import dev.drawbridge.testing.ProjectCopy;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * One {@code mvn jetty:run} in a copy of the project, as a newcomer types it. Runs in a copy
 * because the build that runs this test is using the original's {@code target} folders.
 */
final class JettyRun implements AutoCloseable {
  private static final Path COPY = Path.of("target", "jetty-run").toAbsolutePath();
  private static final long START_SECONDS = 600;
  private static final String END = "(end of output)";

  private static boolean copied;

  private final Process process;
  private final Thread reader;
  private final List<String> lines = new ArrayList<>();
  private final BlockingQueue<String> unread = new LinkedBlockingQueue<>();

  JettyRun(int port, Map<String, String> environment) throws IOException {
    copyOnce();
    List<String> command =
        List.of(
            Path.of(System.getProperty("maven.home"), "bin", "mvn").toString(),
            "-B",
            "--no-transfer-progress",
            "-Dmaven.repo.local=" + System.getProperty("maven.repo.local"),
            "-Djetty.http.port=" + port,
            // The build that runs this test has compiled them.
            "-Dmaven.test.skip=true",
            "jetty:run");
    ProcessBuilder builder = new ProcessBuilder(command).directory(COPY.toFile());
    builder.redirectErrorStream(true);
    builder.environment().keySet().removeIf(JettyRun::isSetting);
    builder.environment().putAll(environment);
    process = builder.start();
    reader = new Thread(this::read, "jetty-run");
    reader.setDaemon(true);
    reader.start();
  }

  private static boolean isSetting(String variable) {
    return variable.startsWith("DRAWBRIDGE_")
        || variable.equals("ENVIRONMENT")
        || variable.contains("WEBSOCKET_")
        || variable.equals("MAVEN_CMD_LINE_ARGS");
  }

  /** Waits for a line; fails when the process ends without it. */
  String awaitLine(String part) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (true) {
      String line = unread.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (line == null || line.equals(END)) {
        throw new AssertionError("no line with «" + part + "» in:\n" + String.join("\n", lines));
      }
      lines.add(line);
      if (line.contains(part)) {
        return line;
      }
    }
  }

  /** Waits for the end and gives the exit status. */
  int exitStatus() throws InterruptedException {
    if (!process.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("still running:\n" + String.join("\n", output()));
    }
    reader.join(TimeUnit.SECONDS.toMillis(START_SECONDS));
    return process.exitValue();
  }

  /** All that was printed so far. */
  List<String> output() {
    unread.drainTo(lines);
    lines.remove(END);
    return List.copyOf(lines);
  }

  /** The last line at level ERROR before Maven's own words about the failure. */
  String lastErrorBeforeMaven() {
    String last = "";
    for (String line : output()) {
      if (line.startsWith("[ERROR] Failed to execute goal")) {
        return last;
      }
      if (line.contains("ERROR")) {
        last = line;
      }
    }
    throw new AssertionError("Maven did not fail:\n" + String.join("\n", lines));
  }

  @Override
  public void close() {
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    all.forEach(ProcessHandle::destroy);
    for (ProcessHandle one : all) {
      // A stop that hangs must not hang the tests.
      one.onExit().completeOnTimeout(one, 20, TimeUnit.SECONDS).join();
      one.destroyForcibly();
    }
  }

  private void read() {
    try (BufferedReader reader = process.inputReader()) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        unread.add(line);
      }
    } catch (IOException e) {
      unread.add("(unreadable: " + e.getMessage() + ")");
    }
    unread.add(END);
  }

  private static void copyOnce() throws IOException {
    if (!copied) {
      copied = true;
      ProjectCopy.make(Path.of(".."), COPY);
    }
  }
}
