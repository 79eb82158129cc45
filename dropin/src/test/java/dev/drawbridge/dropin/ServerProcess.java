package dev.drawbridge.dropin;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
import java.util.stream.Stream;

/** A server in a JVM of its own, and what it writes, holds and runs. Thread-safe. */
final class ServerProcess implements AutoCloseable {
  /** Where the build has put distributions and the sample's WAR. */
  static final Path WHOLE = Path.of("target", "whole").toAbsolutePath();

  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern THREAD = Pattern.compile("^\"([^\"]+)\"");

  private final Process process;
  private final BlockingQueue<String> unread = new LinkedBlockingQueue<>();
  private final Queue<String> all = new ConcurrentLinkedQueue<>();

  /**
   * Starts one.
   *
   * @param directory where it runs
   * @param arguments of the JVM, behind those that make it small, and of the program
   */
  ServerProcess(Path directory, Map<String, String> environment, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(JAVA.resolve("java").toString());
    // The quickest start, and the quickest full collections of so small a heap.
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    // What is held softly goes with the next collection.
    command.add("-XX:SoftRefLRUPolicyMSPerMB=0");
    command.addAll(arguments);
    ProcessBuilder program =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    program.environment().putAll(environment);
    process = program.start();
    Thread reader = new Thread(this::read, "log of a server");
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        all.add(line);
        unread.add(line);
      }
    } catch (IOException e) {
      // It was ended.
      all.add(e.toString());
    }
  }

  /**
   * Waits for a line that was not waited past before.
   *
   * @throws AssertionError with all lines, when none comes; the server is ended then
   */
  Matcher await(Pattern pattern) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    for (long left = PATIENCE.toNanos(); left > 0; left = deadline - System.nanoTime()) {
      String line = unread.poll(Math.min(left, 200_000_000L), TimeUnit.NANOSECONDS);
      Matcher matcher = pattern.matcher(line == null ? "" : line);
      if (matcher.find()) {
        return matcher;
      }
      if (line == null && !process.isAlive()) {
        break;
      }
    }
    process.destroyForcibly();
    throw new AssertionError("no line with " + pattern + " in:\n" + log());
  }

  /** What it has written so far. */
  String log() {
    return String.join("\n", all);
  }

  /** How many class loaders have this class, after a full collection, by a dump of the heap. */
  long copiesOf(String type) throws IOException {
    Path dump = Files.createTempDirectory("heap").resolve("heap.hprof");
    ask("GC.heap_dump", dump.toString());
    try {
      return HeapDump.copiesOf(type, dump);
    } finally {
      Files.deleteIfExists(dump);
      Files.deleteIfExists(dump.getParent());
    }
  }

  /** The names of the threads that it runs, in alphabetical order. */
  List<String> threads() throws IOException {
    return ask("Thread.print")
        .map(THREAD::matcher)
        .filter(Matcher::find)
        .map(matcher -> matcher.group(1))
        .sorted()
        .toList();
  }

  /** What the JVM answers to a command of its tool. */
  private Stream<String> ask(String... words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(JAVA.resolve("jcmd").toString());
    command.add(Long.toString(process.pid()));
    command.addAll(List.of(words));
    Process tool = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (BufferedReader lines = tool.inputReader(StandardCharsets.UTF_8)) {
      return lines.lines().toList().stream();
    }
  }

  /** Sends it SIGTERM, and waits for its end; returns the status that it ends with. */
  int terminate() {
    close();
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      process.onExit().get(20, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      process.destroyForcibly();
      throw new AssertionError("the server does not stop:\n" + log(), e);
    }
  }
}
