package dev.drawbridge.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Starts the helper programs, reads what they print and ends them with all their children. */
final class Processes {
  private static final long START_SECONDS = 30;
  private static final String END = "(end of output)";

  private Processes() {}

  /** A started program and the first line that said it was ready. */
  record Started(Process process, String readyLine) {}

  /**
   * Starts a program and waits for the line that says it is ready.
   *
   * @throws IOException if it ends, or says nothing of the kind within 30 s; the process is gone
   */
  static Started start(ProcessBuilder builder, Predicate<String> ready) throws IOException {
    Process process = builder.redirectErrorStream(true).start();
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    // Goes on after the ready line: a full pipe would block the program.
    Thread reader = new Thread(() -> read(process, lines), "output of " + builder.command().get(0));
    reader.setDaemon(true);
    reader.start();
    StringBuilder seen = new StringBuilder();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    try {
      while (true) {
        String line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (line != null && ready.test(line)) {
          return new Started(process, line);
        }
        if (line == null || line.equals(END)) {
          end(process);
          throw new IOException(builder.command() + " is not ready; its output: " + seen);
        }
        seen.append(line).append('\n');
      }
    } catch (InterruptedException e) {
      end(process);
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting " + builder.command(), e);
    }
  }

  private static void read(Process process, BlockingQueue<String> lines) {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (lines.size() < 1000) {
          lines.add(line);
        }
      }
    } catch (IOException e) {
      // The process was ended: there is nothing left to read.
    }
    lines.add(END);
  }

  static void end(Process process) {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    children.forEach(ProcessHandle::destroy);
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }

  /** Removes a profile; what the dying browser still writes may stay behind. */
  static void deleteQuietly(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | java.io.UncheckedIOException e) {
      // A leftover in the temporary directory fails no test.
    }
  }
}
