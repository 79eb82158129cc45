package dev.drawbridge.cluster.redis;

import dev.drawbridge.testing.Eventually;
import dev.drawbridge.testing.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/** A real server in a folder of its own under {@code target/}, on a free port of loopback. */
public final class RedisProcess implements AutoCloseable {
  /** Null where this machine has none, and none is known for it. */
  private static final @Nullable String PROGRAM = RedisProgram.find();

  private final Path folder;
  private final int port;
  private final List<String> options;
  private Process process;

  private RedisProcess(Path folder, int port, List<String> options, Process process) {
    this.folder = folder;
    this.port = port;
    this.options = options;
    this.process = process;
  }

  /** Starts one that answers; ends the test where this machine has none. */
  public static RedisProcess start(String... options) throws IOException {
    if (PROGRAM == null) {
      String message = "this machine has no redis-server";
      if (Boolean.parseBoolean(System.getenv("REQUIRE_PROXIES"))) {
        throw new AssertionError(message + " (REQUIRE_PROXIES=true)");
      }
      throw new TestAbortedException(message);
    }
    Path target = Files.createDirectories(Path.of("target", "redis"));
    Path folder = Files.createTempDirectory(target, "server");
    int port = Ports.free();
    RedisProcess server =
        new RedisProcess(folder, port, List.of(options), launch(folder, port, List.of(options)));
    server.awaitAnswer();
    return server;
  }

  /** Starts a sentinel that watches a primary and gives it up after half a second. */
  static RedisProcess startSentinel(RedisProcess primary) throws IOException {
    Path target = Files.createDirectories(Path.of("target", "redis"));
    Path folder = Files.createTempDirectory(target, "sentinel");
    int port = Ports.free();
    // It writes into this file what it finds.
    Path file =
        Files.writeString(
            folder.resolve("sentinel.conf"),
            String.join(
                "\n",
                "port " + port,
                "bind 127.0.0.1",
                "dir " + folder.toAbsolutePath(),
                "logfile sentinel.log",
                "sentinel monitor mymaster 127.0.0.1 " + primary.port() + " 1",
                "sentinel down-after-milliseconds mymaster 500",
                "sentinel failover-timeout mymaster 5000",
                ""));
    Process process =
        new ProcessBuilder(String.valueOf(PROGRAM), file.toString(), "--sentinel")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    RedisProcess sentinel = new RedisProcess(folder, port, List.of(), process);
    sentinel.awaitAnswer();
    return sentinel;
  }

  private static Process launch(Path folder, int port, List<String> options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                String.valueOf(PROGRAM),
                "--port",
                "" + port,
                "--bind",
                "127.0.0.1",
                "--dir",
                "" + folder,
                "--save",
                "",
                "--logfile",
                "server.log"));
    command.addAll(options);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private void awaitAnswer() {
    Eventually.eventually(
        "redis-server answers at " + port,
        () -> {
          try (Jedis jedis = new Jedis("127.0.0.1", port)) {
            jedis.ping();
            return true;
          } catch (JedisException e) {
            // An answer that wants a password is one.
            return String.valueOf(e.getMessage()).startsWith("NOAUTH");
          }
        });
  }

  public int port() {
    return port;
  }

  public Jedis client() {
    return new Jedis("127.0.0.1", port);
  }

  /** Ends it at once, as a crash does. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Starts it again on what its folder holds. */
  public void startAgain() throws IOException {
    process = launch(folder, port, options);
    awaitAnswer();
  }

  /** Saves, ends and starts: the same state in another process. */
  void restart() throws IOException, InterruptedException {
    try (Jedis jedis = client()) {
      jedis.save();
    }
    kill();
    startAgain();
  }

  /** Stops it without an end, and lets it go on. */
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
    freeze(false);
    process.destroyForcibly();
  }
}
