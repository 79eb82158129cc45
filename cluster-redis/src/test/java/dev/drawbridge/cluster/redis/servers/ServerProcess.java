package dev.drawbridge.cluster.redis.servers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Drives a {@link ServerMain}: starts it, kills it, freezes it. Thread-safe. */
final class ServerProcess implements AutoCloseable {
  private static final String CLASS_PATH =
      System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  private static final int START_SECONDS = 60;

  private final String name;
  private final Process process;
  private final CompletableFuture<Integer> port = new CompletableFuture<>();

  /** What it has printed. Guarded by itself. */
  private final List<String> output = Collections.synchronizedList(new ArrayList<>());

  private ServerProcess(String name, Process process) {
    this.name = name;
    this.process = process;
    Thread reader = new Thread(this::read, "output of server " + name);
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Begins to start one; {@link #port} waits for it.
   *
   * @param redis its address
   * @param settings names and values
   */
  static ServerProcess start(String name, String redis, List<String> settings) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // It lives for seconds.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-Xmx768m",
                "-cp",
                CLASS_PATH,
                ServerMain.class.getName(),
                redis));
    command.addAll(settings);
    try {
      return new ServerProcess(name, new ProcessBuilder(command).redirectErrorStream(true).start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("port ")) {
          port.complete(Integer.parseInt(line.substring("port ".length())));
        } else if (output.size() < 1_000) {
          output.add(line);
        }
      }
    } catch (IOException e) {
      // It was killed: there is nothing left to read.
    }
    port.completeExceptionally(new IOException("server " + name + " has ended: " + output));
  }

  @Override
  public String toString() {
    return name;
  }

  /** Where it listens; waits for the start. */
  int port() {
    try {
      return port.get(START_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } catch (Exception e) {
      throw new AssertionError("server " + name + " must start: " + output, e);
    }
  }

  /** What it has printed beside its port. */
  List<String> output() {
    return List.copyOf(output);
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** SIGTERM, upon which it drains; waits for its end. */
  void drain() {
    process.destroy();
    awaitEnd();
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new AssertionError("server " + name + " must end: " + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** SIGSTOP and SIGCONT. */
  void freeze(boolean frozen) {
    try {
      new ProcessBuilder("kill", frozen ? "-STOP" : "-CONT", "" + process.pid()).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
