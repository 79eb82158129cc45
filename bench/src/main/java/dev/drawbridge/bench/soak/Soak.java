package dev.drawbridge.bench.soak;

import dev.drawbridge.bench.load.server.Arguments;
import dev.drawbridge.bench.soak.HonestClient.Role;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Lets many clients, honest and not, live with one server for a while, and prints what became of
 * them. Arguments: {@code --clients 2000 --minutes 10}. Ends with 1 when an aim is missed.
 */
public final class Soak {
  /** What the server logs: a line for each misdeed. */
  private static final File LOG = new File("target/soak-server.log");

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int HANDSHAKES_PER_SECOND = 200;
  private static final double MAX_P99_MS = 100;

  private final int clients;
  private final int minutes;
  private final Tally tally = new Tally();
  private final List<HonestClient> honest = new ArrayList<>();
  private final List<Mischief> mischief = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
  private final Process server;
  private final BufferedReader answers;
  private final PrintWriter words;
  private boolean missed;

  private Soak(int clients, int minutes) throws IOException {
    this.clients = clients;
    this.minutes = minutes;
    this.server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                SoakServer.class.getName(),
                "--users",
                String.valueOf(clients))
            .redirectError(ProcessBuilder.Redirect.to(LOG))
            .start();
    this.answers = server.inputReader(StandardCharsets.UTF_8);
    this.words = new PrintWriter(server.outputWriter(StandardCharsets.UTF_8), true);
  }

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    Soak soak = new Soak(arguments.number("clients", 2000), arguments.number("minutes", 10));
    try {
      soak.run();
    } finally {
      soak.server.destroy();
      soak.server.waitFor();
    }
    System.exit(soak.missed ? 1 : 0);
  }

  private void run() throws Exception {
    int port = port();
    HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(Executors.newFixedThreadPool(4, Soak::daemon))
            .build();
    long heapEmpty = heap();
    create(port, http);
    for (HonestClient client : honest) {
      client.connect();
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos() / HANDSHAKES_PER_SECOND);
    }
    await("everybody is welcomed", () -> tally.welcomed.sum() >= honest.size());
    tally.phase(tally.firstMinute);
    honest.forEach(HonestClient::begin);
    long heapFull = heap();
    threads.forEach(Thread::start);
    Tally.Times ofMinute = tally.firstMinute;
    for (int minute = 1; minute <= minutes; minute++) {
      LockSupport.parkNanos(Duration.ofMinutes(1).toNanos());
      System.out.printf(
          "minute %d: %d handshakes (%s ms), %d messages answered, %d pings, faults %s%n",
          minute,
          tally.attempts.sum(),
          ofMinute,
          tally.answers.sum(),
          tally.pings.sum(),
          tally.faults());
      ofMinute = new Tally.Times();
      tally.phase(ofMinute, tally.established);
    }
    end();
    long heapFullLater = heap();
    int lastNews = (int) number("stop-news");
    await("the last news are with everybody", () -> newsMissing(lastNews) == 0);
    long newsMissing = newsMissing(lastNews);
    honest.forEach(HonestClient::leave);
    await("nobody is left", () -> number("connections") == 0);
    report(newsMissing, heapEmpty, heapFull, heapFullLater, heap());
  }

  /** Waits for what is under way, so that every message can be accounted for. */
  private void end() throws Exception {
    mischief.forEach(Mischief::stop);
    for (Thread thread : threads) {
      thread.join();
    }
    honest.forEach(HonestClient::quiet);
    await(
        "every message is answered",
        () -> honest.stream().allMatch(client -> client.unanswered() == 0));
    await("every message has arrived", () -> tally.chatsReceived.sum() >= tally.chatsWritten.sum());
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "soak");
    thread.setDaemon(true);
    return thread;
  }

  private void create(int port, HttpClient http) {
    URI uri = URI.create("ws://127.0.0.1:" + port + "/ws");
    TestTokens tokens = new TestTokens();
    for (int i = 0; i < clients; i++) {
      String subject = "user-" + i;
      int part = i % 20;
      if (part < 2) {
        Mischief one = new Mischief(port, subject, tokens, tally);
        mischief.add(one);
        threads.add(daemon(one));
      } else {
        Role role = part < 6 ? Role.RECONNECT : part < 12 ? Role.CHAT : Role.IDLE;
        // Partners stand beside each other: an even number and the next.
        String partner = "user-" + (i ^ 1);
        honest.add(new HonestClient(role, subject, partner, uri, http, timer, tokens, tally));
      }
    }
  }

  private long newsMissing(int last) {
    return honest.stream()
        .filter(client -> client.role() != Role.RECONNECT && client.lastNews() < last)
        .count();
  }

  private int port() throws IOException {
    int port = 0;
    String line = answers.readLine();
    while (line != null && !line.equals("ready")) {
      if (line.startsWith("port ")) {
        port = Integer.parseInt(line.substring(5));
      }
      line = answers.readLine();
    }
    if (line == null) {
      throw new IOException("the server did not start");
    }
    return port;
  }

  private String ask(String word) {
    words.println(word);
    try {
      String line = answers.readLine();
      while (line != null && !line.startsWith(word + " ")) {
        line = answers.readLine();
      }
      if (line == null) {
        throw new IllegalStateException("the server is gone");
      }
      return line.substring(word.length() + 1);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private long number(String word) {
    return Long.parseLong(ask(word));
  }

  private long heap() {
    return number("heap") / 1024;
  }

  private void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        tally.fault("not within " + PATIENCE.toSeconds() + " s: " + what);
        return;
      }
      LockSupport.parkNanos(100_000_000L);
    }
  }

  private void report(long newsMissing, long empty, long full, long fullLater, long emptyLater) {
    String[] heartbeat = ask("heartbeat").split(" ", -1);
    long left = number("connections");
    double p99 = tally.established.ms(0.99);
    System.out.printf("%n%d clients (%d honest), %d minutes%n%n", clients, honest.size(), minutes);
    System.out.println("| what | result | aim | |\n|---|---|---|---|");
    row(
        "connections of honest clients",
        tally.welcomed.sum() + " of " + tally.attempts.sum(),
        "all",
        tally.welcomed.sum() == tally.attempts.sum());
    row(
        "establishment while all come to the cold server, p50 / p99 / max, ms",
        tally.coming.toString(),
        "",
        true);
    row(
        "establishment in the first minute, when the server is still compiling, ms",
        tally.firstMinute.toString(),
        "",
        true);
    row(
        "establishment from then on, p50 / p99 / max, ms",
        tally.established.toString(),
        "p99 < " + (int) MAX_P99_MS,
        p99 < MAX_P99_MS);
    row(
        "messages answered",
        tally.answers.sum() + " of " + tally.requests.sum(),
        "all",
        tally.answers.sum() == tally.requests.sum());
    row(
        "chat messages delivered",
        String.format(
            "%d of %d (%d refused with notice)",
            tally.chatsReceived.sum(), tally.chatsWritten.sum(), tally.chatsRefused.sum()),
        "all",
        tally.chatsReceived.sum() == tally.chatsWritten.sum());
    row(
        "news received; stayers without the last",
        tally.newsReceived.sum() + "; " + newsMissing,
        "0 without",
        newsMissing == 0);
    row(
        "pings answered within the grace",
        (tally.pings.sum() - tally.latePings.sum()) + " of " + tally.pings.sum(),
        "all",
        tally.latePings.sum() == 0);
    row("tokens renewed on open connections", String.valueOf(tally.renewals.sum()), "", true);
    row(
        "the server's own count: pings, in time, late",
        String.join(", ", heartbeat),
        "0 late; unanswered: silent clients",
        heartbeat[2].equals("0"));
    row("connections left", String.valueOf(left), "0", left == 0);
    row(
        "heap after a collection, KiB: empty, full, full at the end, empty at the end",
        empty + ", " + full + ", " + fullLater + ", " + emptyLater,
        "no growth",
        true);
    row("faults", tally.faults().toString(), "none", tally.faults().isEmpty());
    System.out.println("\n| misdeed: HTTP status or close code | times |\n|---|---|");
    for (Map.Entry<String, Long> entry : tally.misdeeds().entrySet()) {
      System.out.printf("| %s | %d |%n", entry.getKey(), entry.getValue());
    }
  }

  private void row(String what, String result, String aim, boolean reached) {
    missed |= !reached;
    System.out.printf("| %s | %s | %s | %s |%n", what, result, aim, reached ? "" : "missed");
  }
}
