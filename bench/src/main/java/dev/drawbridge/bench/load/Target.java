package dev.drawbridge.bench.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server under load: a process of its own, pinned to one processor where {@code taskset} is.
 *
 * @param name as it stands in the results
 * @param authenticates whether it refuses a handshake without a good token
 * @param welcomes whether it sends a first frame by itself
 */
public record Target(
    String name,
    Tokens tokens,
    boolean authenticates,
    boolean welcomes,
    Process process,
    BufferedReader out,
    Writer in,
    int port)
    implements AutoCloseable {

  /** Ticks of {@code /proc/PID/stat}: 100 in a second on every Linux that matters. */
  private static final long NANOS_PER_TICK = 10_000_000L;

  /**
   * Starts a server and waits until it is ready.
   *
   * @param jvm options of its JVM, the class path among them
   */
  public static Target start(
      String name,
      Tokens tokens,
      boolean authenticates,
      boolean welcomes,
      List<String> jvm,
      String main,
      String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.addAll(jvm);
    command.add(main);
    command.addAll(List.of(arguments));
    return start(name, tokens, authenticates, welcomes, command);
  }

  /** The same for a program of any kind. */
  public static Target start(
      String name, Tokens tokens, boolean authenticates, boolean welcomes, List<String> program)
      throws IOException {
    List<String> command = new ArrayList<>(pin());
    command.addAll(program);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    int port = 0;
    String line = out.readLine();
    while (!"ready".equals(line)) {
      if (line == null) {
        throw new IOException(name + " did not start");
      }
      if (line.startsWith("port ")) {
        port = Integer.parseInt(line.substring("port ".length()));
      }
      line = out.readLine();
    }
    return new Target(
        name, tokens, authenticates, welcomes, process, out, process.outputWriter(), port);
  }

  /** The java of the servers, which may be another one than that of the driver. */
  static String java() {
    return System.getProperty("bench.java", ProcessHandle.current().info().command().get());
  }

  /** What to put in front of a program, so that it runs on the servers' processor. */
  public static List<String> pin() {
    return Files.isExecutable(Path.of("/usr/bin/taskset"))
            && Runtime.getRuntime().availableProcessors() > 0
            && System.getProperty("bench.cpu") != null
        ? List.of("/usr/bin/taskset", "-c", System.getProperty("bench.cpu"))
        : List.of();
  }

  /** Has the server do something; its answer is skipped by the next that is asked for. */
  public void tell(String word) {
    try {
      in.write(word + "\n");
      in.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Asks the server's {@link Control} for something. */
  public String ask(String word) {
    try {
      in.write(word + "\n");
      in.flush();
      String line = out.readLine();
      while (line != null && !line.startsWith(word + " ")) {
        line = out.readLine();
      }
      if (line == null) {
        throw new IOException(name + " has ended");
      }
      return line.substring(word.length() + 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public long askNumber(String word) {
    return Long.parseLong(ask(word));
  }

  /** Processor time that the server has used since its start. */
  public long cpuNanos() {
    return cpuNanos(process.pid());
  }

  /** The same for any process. */
  public static long cpuNanos(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * NANOS_PER_TICK;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Context switches of its threads that live, voluntary or not. */
  long switches() {
    long sum = 0;
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc/" + process.pid() + "/task"))) {
      for (Path thread : threads) {
        for (String line : Files.readAllLines(thread.resolve("status"))) {
          if (line.contains("ctxt_switches:")) {
            sum += Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
          }
        }
      }
    } catch (IOException e) {
      // A thread has ended between the two.
    }
    return sum;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      // A profile is written at the end.
      process.waitFor(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
