package dev.drawbridge.example.threeservers;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Starts Redis, nginx and servers of ours, each as a process on loopback. Stateless. */
final class Programs {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private Programs() {}

  /** Starts a process so that whoever ends them all knows it. */
  @FunctionalInterface
  interface Starter {
    Process start(ProcessBuilder builder) throws IOException;
  }

  /** A program is missing; the message says how to get it. */
  static final class Missing extends IOException {
    private static final long serialVersionUID = 1L;

    Missing(String program, String debianPackage) {
      super(
          program
              + " is not installed. On Debian and Ubuntu: sudo apt-get install "
              + debianPackage
              + "; with Homebrew: brew install "
              + debianPackage.replaceFirst("-.*", ""));
    }
  }

  static Path redis() throws Missing {
    return find("redis-server", "redis-server");
  }

  static Path nginx() throws Missing {
    return find("nginx", "nginx-light");
  }

  /** Programs of administrators are not on everybody's path. */
  private static Path find(String program, String debianPackage) throws Missing {
    String path = System.getProperty("three.servers.path", System.getenv("PATH"));
    return Stream.concat(
            Stream.of(path.split(File.pathSeparator, -1)),
            System.getProperty("three.servers.path") == null
                ? Stream.of("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin")
                : Stream.empty())
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new Missing(program, debianPackage));
  }

  /** A port that nobody listens at. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  static void startRedis(Starter starter, Path folder, int port) throws IOException {
    Process process =
        start(
            starter,
            folder.resolve("redis.log"),
            List.of(
                redis().toString(),
                "--port",
                "" + port,
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
                folder.toString()));
    await(process, "redis-server", port, folder.resolve("redis.log"));
  }

  /**
   * In turn to each server, whoever asks: no sticky sessions.
   *
   * @param control where everything below {@code /control/} goes
   */
  static void startNginx(Starter starter, Path folder, int port, List<Integer> servers, int control)
      throws IOException {
    String upstream = upstream(servers, "max_fails=1 fail_timeout=1s");
    String paths =
        String.join(
            "\n",
            Stream.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
                .map(name -> "  " + name + "_temp_path " + folder + "/" + name + ";")
                .toList());
    Path file =
        Files.writeString(
            folder.resolve("nginx.conf"),
            """
            daemon off;
            master_process off;
            pid %1$s/nginx.pid;
            error_log stderr;
            events {}
            http {
              access_log off;
            %2$s
              map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
              upstream servers {
            %3$s
              }
              # Of its own, so that the turn of connections does not depend on the files of the pages.
              upstream sockets {
            %6$s
              }
              server {
                listen 127.0.0.1:%4$d;
                proxy_http_version 1.1;
                proxy_set_header Host $http_host;
                proxy_set_header Upgrade $http_upgrade;
                proxy_set_header Connection $connection_upgrade;
                proxy_connect_timeout 1s;
                proxy_read_timeout 120s;
                location / {
                  proxy_pass http://servers;
                }
                location = /ws {
                  proxy_pass http://sockets;
                }
                location /control/ {
                  proxy_pass http://127.0.0.1:%5$d;
                }
              }
            }
            """
                .formatted(
                    folder, paths, upstream, port, control, upstream(servers, "max_fails=0")));
    Process process =
        start(
            starter,
            folder.resolve("nginx.log"),
            List.of(
                nginx().toString(),
                "-p",
                folder.toString(),
                "-e",
                "stderr",
                "-c",
                file.toString()));
    await(process, "nginx", port, folder.resolve("nginx.log"));
  }

  private static String upstream(List<Integer> servers, String rule) {
    return String.join(
        "\n",
        servers.stream().map(one -> "    server 127.0.0.1:" + one + " " + rule + ";").toList());
  }

  /** A server of ours; returns before it serves. */
  static Process startServer(Starter starter, String name, int port, Map<String, String> settings)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                ChatServer.class.getName(),
                name,
                "" + port)
            .redirectErrorStream(true);
    builder.environment().putAll(settings);
    return starter.start(builder);
  }

  /** Waits until a server of ours is ready; what it prints later goes to our own output. */
  static void awaitReady(String name, Process process) throws IOException {
    List<String> seen = new ArrayList<>();
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.equals("ready")) {
        Thread rest = new Thread(() -> pass(name, output), "output of server " + name);
        rest.setDaemon(true);
        rest.start();
        return;
      }
      seen.add(line);
    }
    throw new IOException("server " + name + " does not start: " + seen);
  }

  private static void pass(String name, BufferedReader output) {
    try {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        System.out.println("server " + name + ": " + line);
      }
    } catch (IOException e) {
      // It was killed, which is what happens here.
    }
  }

  private static Process start(Starter starter, Path log, List<String> command) throws IOException {
    return starter.start(
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()));
  }

  private static void await(Process process, String name, int port, Path log) throws IOException {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() - end > 0) {
          process.destroyForcibly();
          throw new IOException(name + " does not start: " + Files.readString(log), e);
        }
        LockSupport.parkNanos(5_000_000);
      }
    }
  }
}
