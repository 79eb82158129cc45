package dev.drawbridge.example.threeservers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Starts a Redis, three servers, nginx in front of them and three visitors who talk; kills a server
 * on request and says what the visitors have seen. Thread-safe; {@link #kill} and {@link #start}
 * wait for each other.
 */
public final class ThreeServers implements AutoCloseable {
  /** The servers' names; also what one types. */
  static final List<String> NAMES = List.of("1", "2", "3");

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Path folder;
  private final int port;
  private final int redisPort;

  private final Login login = new Login();

  private final Map<String, Integer> ports = new LinkedHashMap<>();
  private final List<Visitor> visitors = new CopyOnWriteArrayList<>();

  /** Those that live, by name. Guarded by itself. */
  private final Map<String, Process> servers = new LinkedHashMap<>();

  /** All that were ever started, killed ones included. Guarded by itself. */
  private final List<Process> started = new ArrayList<>();

  /** No process starts any more. Guarded by {@link #started}. */
  private boolean closed;

  private final Control control;

  /** What was seen of the last kill, empty before the first. */
  private volatile String report = "";

  private ThreeServers(int port) throws IOException {
    this.port = port;
    this.folder = Files.createTempDirectory("three-servers");
    this.redisPort = Programs.freePort();
    for (String name : NAMES) {
      ports.put(name, Programs.freePort());
    }
    this.control = new Control(this, login);
  }

  /** Starts all of it at a port, and stops with {@code q} or with the process. */
  public static void main(String[] args) throws Exception {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 8080;
    try (ThreeServers all = prepare(port)) {
      // Before the first process: whoever stops this while it starts leaves none behind.
      Runtime.getRuntime().addShutdownHook(new Thread(all::close, "stop"));
      all.startAll();
      System.out.printf(
          "%nOpen http://localhost:%d/ in two windows. Type 1, 2 or 3 to kill a server or to start"
              + " it again, s for what the visitors see, q to stop.%n%n",
          port);
      BufferedReader keys =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String key = keys.readLine(); key != null && !key.equals("q"); key = keys.readLine()) {
        if (NAMES.contains(key)) {
          System.out.println(all.change(key));
        } else if (key.equals("s")) {
          System.out.println(all.seen());
        }
      }
    } catch (Programs.Missing e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  /**
   * Starts all of it; returns when the visitors talk.
   *
   * @param port where the page is, 0 for a free one
   * @throws IOException if something cannot start; then nothing is left of the rest
   */
  static ThreeServers open(int port) throws IOException {
    ThreeServers all = prepare(port);
    try {
      all.startAll();
      return all;
    } catch (IOException | RuntimeException e) {
      all.close();
      throw e;
    }
  }

  /** Looks for the programs; starts none. */
  private static ThreeServers prepare(int port) throws IOException {
    Programs.redis();
    Programs.nginx();
    return new ThreeServers(port == 0 ? Programs.freePort() : port);
  }

  /** Starts a process that {@link #close} ends, or none once it has begun. */
  private Process start(ProcessBuilder builder) throws IOException {
    synchronized (started) {
      if (closed) {
        throw new IllegalStateException("all of it is being stopped");
      }
      Process process = builder.start();
      started.add(process);
      return process;
    }
  }

  private void startAll() throws IOException {
    Programs.startRedis(this::start, folder, redisPort);
    synchronized (servers) {
      for (String name : NAMES) {
        servers.put(name, launch(name));
      }
      for (Map.Entry<String, Process> server : servers.entrySet()) {
        Programs.awaitReady(server.getKey(), server.getValue());
      }
    }
    Programs.startNginx(this::start, folder, port, List.copyOf(ports.values()), control.port());
    for (String name : List.of("ann", "ben", "cleo")) {
      Visitor visitor = new Visitor(name, URI.create("ws://localhost:" + port + "/ws"), login);
      visitors.add(visitor);
      visitor.start();
    }
    if (!await(() -> seen(visitor -> !visitor.server().isEmpty()))) {
      throw new IOException("the visitors do not come in within 20 s");
    }
  }

  private Process launch(String name) throws IOException {
    return Programs.startServer(
        this::start,
        name,
        Objects.requireNonNull(ports.get(name)),
        Map.of(
            "ENVIRONMENT",
            "development",
            "WEBSOCKET_DEV_MODE",
            "true",
            "DRAWBRIDGE_JWT_SECRET",
            login.secret(),
            // All that makes one deployment of them.
            "DRAWBRIDGE_CLUSTER",
            "redis",
            "DRAWBRIDGE_CLUSTER_NAME",
            "three-servers",
            "DRAWBRIDGE_CLUSTER_URL",
            "redis://127.0.0.1:" + redisPort));
  }

  int port() {
    return port;
  }

  /** Where a server listens. */
  int port(String name) {
    return Objects.requireNonNull(ports.get(name));
  }

  Login login() {
    return login;
  }

  /** Every process that runs for this: for a test that looks for what was left. */
  List<ProcessHandle> processes() {
    synchronized (started) {
      return started.stream().filter(Process::isAlive).map(Process::toHandle).toList();
    }
  }

  /** False for a server that was killed. */
  boolean isAlive(String name) {
    synchronized (servers) {
      return servers.containsKey(name);
    }
  }

  /** Kills a server that lives and starts one that does not; says what came of it. */
  String change(String name) {
    try {
      return isAlive(name) ? kill(name) : start(name);
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /**
   * Kills a server (SIGKILL), waits until who was on it is back, and says what was seen.
   *
   * @return a sentence where there is nothing to kill, or nobody comes back
   */
  String kill(String name) {
    List<Visitor.Seen> before = visitors.stream().map(Visitor::seen).toList();
    Process process;
    boolean last;
    synchronized (servers) {
      process = servers.remove(name);
      last = servers.isEmpty();
    }
    if (process == null) {
      return "there is no server " + name;
    }
    process.destroyForcibly();
    StringBuilder text =
        new StringBuilder("server " + name + ", process " + process.pid() + ", was killed\n");
    if (last) {
      report = text.append("nobody is back, for it was the last one: start a server\n").toString();
      return report;
    }
    if (!goesOn()) {
      report = text.append("not everybody is back within 20 s\n").append(seen()).toString();
      return report;
    }
    for (int i = 0; i < before.size(); i++) {
      Visitor.Seen was = before.get(i);
      Visitor.Seen is = visitors.get(i).seen();
      if (was.server().equals(name)) {
        text.append(
            "%s was on it and is on server %s: back after %d ms, %d messages replayed, lost %d, twice %d%n"
                .formatted(
                    is.name(), is.server(), is.backMillis(), is.replayed(), is.lost(), is.twice()));
      } else {
        text.append(
            "%s was on server %s and is there: lost %d, twice %d%n"
                .formatted(is.name(), was.server(), is.lost(), is.twice()));
      }
    }
    report = text.toString();
    return report;
  }

  /** Waits until everybody is on a server that lives and hears the others; false after 20 s. */
  private boolean goesOn() {
    if (!await(() -> seen(one -> isAlive(one.server())))) {
      return false;
    }
    // What is on its way arrives.
    int least = visitors.stream().mapToInt(one -> one.seen().heard()).max().orElse(0) + 10;
    return await(() -> seen(one -> one.heard() >= least));
  }

  /** Starts a server that was killed; nginx finds it within a second. */
  String start(String name) throws IOException {
    synchronized (servers) {
      if (servers.containsKey(name)) {
        return "server " + name + " runs";
      }
      Process process = launch(name);
      try {
        Programs.awaitReady(name, process);
      } catch (IOException e) {
        process.destroyForcibly();
        throw e;
      }
      servers.put(name, process);
    }
    return "server " + name + " is back\n";
  }

  /** A table of what the visitors see now. */
  String seen() {
    return Visitor.table(visitors.stream().map(Visitor::seen).toList());
  }

  List<Visitor.Seen> visitors() {
    return visitors.stream().map(Visitor::seen).toList();
  }

  String report() {
    return report;
  }

  private boolean seen(Predicate<Visitor.Seen> all) {
    return visitors.stream().map(Visitor::seen).allMatch(all);
  }

  /** False when it does not hold in time. */
  private static boolean await(BooleanSupplier holds) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      LockSupport.parkNanos(10_000_000);
    }
    return true;
  }

  /** Ends every process that was started here, and removes what they have written. */
  @Override
  public void close() {
    synchronized (started) {
      closed = true;
    }
    visitors.forEach(Visitor::close);
    control.close();
    List<ProcessHandle> all = processes();
    all.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle one : all) {
      one.onExit().join();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // Somebody else has removed it.
    }
  }
}
