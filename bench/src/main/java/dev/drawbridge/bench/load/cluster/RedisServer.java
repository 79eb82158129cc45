package dev.drawbridge.bench.load.cluster;

import dev.drawbridge.bench.load.Target;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A redis-server on a free port of loopback and the servers' processor. Used by one thread. */
final class RedisServer implements Carrier {
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  /** What comes from outside; commands within a script count as others. */
  private static final Pattern CALLS =
      Pattern.compile("cmdstat_(?:evalsha|eval|xread|xadd|publish|get|set|ping):calls=(\\d+)");

  private final Path folder;
  private final int port;
  private Process process;

  RedisServer() throws IOException {
    folder = Files.createTempDirectory("bench-redis");
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    process = launch();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> process.destroyForcibly()));
  }

  private Process launch() throws IOException {
    List<String> command = new ArrayList<>(Target.pin());
    command.addAll(
        List.of("redis-server", "--port", "" + port, "--bind", "127.0.0.1", "--save", ""));
    command.addAll(List.of("--dir", folder.toString(), "--logfile", "redis.log"));
    Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return started;
      } catch (IOException e) {
        if (!started.isAlive() || System.nanoTime() - end > 0) {
          throw new IOException("redis-server does not start", e);
        }
        LockSupport.parkNanos(5_000_000);
      }
    }
  }

  @Override
  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  /** Ends it at once, as a crash does: what it held is lost. */
  @Override
  public void kill() throws IOException {
    process.destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void startAgain() throws IOException {
    process = launch();
  }

  /** Processor time since its start. */
  @Override
  public long cpuNanos() {
    return Target.cpuNanos(process.pid());
  }

  /** Calls of clients since its start. */
  @Override
  public long calls() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(5_000);
      socket
          .getOutputStream()
          .write("INFO commandstats\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII));
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      long calls = 0;
      for (String line = lines.readLine();
          line != null && !line.equals("+PONG");
          line = lines.readLine()) {
        Matcher found = CALLS.matcher(line);
        if (found.find()) {
          calls += Long.parseLong(found.group(1));
        }
      }
      return calls;
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
