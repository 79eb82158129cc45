package dev.drawbridge.bench.load;

import dev.drawbridge.bench.load.server.Arguments;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Drawbridge beside bare Jetty and the servers of others, or beside another build of itself, in one
 * run: after a warm-up that lasts until the rate has settled, rounds of all targets in turn. Prints
 * tables in Markdown. The arguments stand in README.md; {@code bench/run.sh} starts it.
 */
public final class Compare {
  private static final int USERS = 1000;
  private static final int IDLE = 5000;
  private static final int IDLE_AT_ONCE = 500;
  private static final long WARM_UP_NANOS = 2_000_000_000L;
  private static final int SETTLED_PERCENT = 3;

  /** Share of the time above which the server's compiler is still at work. */
  private static final double COMPILING = 0.02;

  private static final int CALM_SLICES = 3;

  /** Seconds of the clock for one of processor time, after which nobody waits any longer. */
  private static final int MOST_CLOCKS = 3;

  private final Arguments arguments;
  private final List<String> names;
  private final List<Target> targets;

  /** Prints, and knows which target the others are measured by. */
  private final Report report;

  private final int rounds;
  private final long roundNanos;
  private final int connections;
  private final int window;
  private final String transport;
  private final long warmUpNanos;

  private Compare(List<String> names, List<Target> targets, Arguments arguments) {
    this.arguments = arguments;
    this.names = names;
    this.targets = targets;
    this.report = new Report(targets.stream().map(Target::name).toList());
    this.rounds = arguments.number("rounds", isBeforeAndAfter(arguments) ? 4 : 3);
    this.roundNanos =
        arguments.number("seconds", isBeforeAndAfter(arguments) ? 2 : 3) * 1_000_000_000L;
    this.connections = arguments.number("connections", 50);
    this.window = arguments.number("window", 16);
    this.transport = arguments.text("transport", "authorization");
    // Two builds of one code warm up alike, so that their ratio stands sooner.
    int warmUp = isBeforeAndAfter(arguments) ? 30 : 120;
    this.warmUpNanos = arguments.number("warm-up", warmUp) * 1_000_000_000L;
  }

  /** Runs the scenarios named by {@code --scenarios} on the targets named by {@code --targets}. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    boolean beforeAndAfter = isBeforeAndAfter(arguments);
    List<String> names =
        beforeAndAfter
            ? words(arguments, "targets", "before,hs256")
            : words(arguments.required("targets"));
    int users = readers(arguments).mapToInt(Integer::parseInt).max().orElse(0);
    List<Target> targets = Targets.start(names, Math.max(IDLE, users), arguments);
    try {
      Compare compare = new Compare(names, targets, arguments);
      for (Target target : targets) {
        Proof.of(target);
      }
      for (String scenario :
          words(
              arguments,
              "scenarios",
              beforeAndAfter
                  ? "handshake,echo,ping-pong,idle"
                  : "handshake,handshake-fresh,echo,ping-pong,fan-out,idle")) {
        compare.scenario(scenario);
      }
    } finally {
      targets.forEach(Target::close);
    }
  }

  private static boolean isBeforeAndAfter(Arguments arguments) {
    return arguments.text("before", null) != null;
  }

  /** The sizes of the scenario {@code fan-out}. */
  private static Stream<String> readers(Arguments arguments) {
    return words(arguments, "readers", "1000,10000").stream();
  }

  private static List<String> words(Arguments arguments, String name, String otherwise) {
    return words(arguments.text(name, otherwise));
  }

  private static List<String> words(String list) {
    return List.of(list.split(",", -1));
  }

  private void scenario(String name) throws IOException, GeneralSecurityException {
    switch (name) {
      case "handshake" -> compare(name, "handshake", false, this::handshakes);
      case "handshake-fresh" -> compare(name, "handshake", false, this::freshHandshakes);
      case "echo" -> messages(name, window);
      case "ping-pong" -> messages(name, 1);
      case "fan-out" -> {
        for (String readers : readers(arguments).toList()) {
          fanOut(name, Integer.parseInt(readers));
        }
      }
      case "idle" -> idle();
      default -> throw new IllegalArgumentException("no such scenario: " + name);
    }
  }

  private void messages(String name, int underWay) throws IOException {
    String title = name + ", " + connections + " connections with " + underWay + " under way";
    compare(title, "message", true, target -> new Messages(target, connections, underWay));
  }

  private void fanOut(String name, int readers) throws IOException {
    compare(name + ", 1 to " + readers, "recipient", false, target -> new FanOut(target, readers));
  }

  private Load handshakes(Target target) {
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < USERS; i++) {
      requests.add(Tokens.handshake(target.tokens().of("user-" + i), transport));
    }
    int[] next = {0};
    return new Handshakes(target, () -> requests.get(next[0]++ % USERS));
  }

  private Load freshHandshakes(Target target) {
    int[] next = {0};
    return new Handshakes(
        target, () -> Tokens.handshake(target.tokens().of("user-" + next[0]++ % USERS), transport));
  }

  private interface Opener {
    Load open(Target target) throws IOException;
  }

  /**
   * Runs all targets and prints their table.
   *
   * @param operation what is counted, such as {@code message}
   * @param rates whether the ratio is that of operations per processor second, where more is
   *     better, in place of that of processor time per operation
   */
  private void compare(String title, String operation, boolean rates, Opener opener)
      throws IOException {
    Map<String, List<Figures>> results = new LinkedHashMap<>();
    for (Target target : targets) {
      results.put(target.name(), new ArrayList<>());
      try (Load load = opener.open(target)) {
        warmUp(load, target);
      }
    }
    for (int round = 0; round < rounds; round++) {
      for (Target target : inTurn(targets, round)) {
        // Opened anew: a load that only waits would still be served by the driver.
        try (Load load = opener.open(target)) {
          // Those that went before have cooled it down.
          load.run(WARM_UP_NANOS);
          Figures figures = load.run(roundNanos);
          if (figures.operations() == 0) {
            throw new IOException(target.name() + " does nothing");
          }
          results.get(target.name()).add(figures);
        }
      }
    }
    report.rounds(title, operation, rates, results);
  }

  /**
   * Until the rate rises no more and the server's compiler rests, both for some slices in a row: a
   * rate stands still as well while the compiler has half of the processor.
   */
  private void warmUp(Load load, Target target) throws IOException {
    double best = 0;
    int calm = 0;
    long began = System.nanoTime();
    long cpu = target.cpuNanos();
    long compiled = target.askNumber("compiled");
    double compiling = 1;
    // By its processor time: on a busy machine a server takes longer to be warm.
    while (calm < CALM_SLICES
        && target.cpuNanos() - cpu < warmUpNanos
        && System.nanoTime() - began < MOST_CLOCKS * warmUpNanos) {
      double rate = load.run(WARM_UP_NANOS).perSecond();
      long now = target.askNumber("compiled");
      compiling = (now - compiled) * 1e6 / WARM_UP_NANOS;
      compiled = now;
      boolean rises = rate > best * (1 + SETTLED_PERCENT / 100.0);
      calm = rises || compiling > COMPILING ? 0 : calm + 1;
      best = Math.max(best, rate);
    }
    System.err.printf(
        "%s is warm after %.0f s (%.0f of its processor) at %.0f/s, the compiler at %.0f %%%n",
        target.name(),
        (System.nanoTime() - began) / 1e9,
        (target.cpuNanos() - cpu) / 1e9,
        best,
        compiling * 100);
  }

  /** Forth and back, so that a machine that grows slower or faster favours none. */
  private static <T> List<T> inTurn(List<T> all, int round) {
    List<T> order = new ArrayList<>(all);
    if (round % 2 == 1) {
      Collections.reverse(order);
    }
    return order;
  }

  /** On servers of their own, which keep nothing of earlier connections. */
  private void idle() throws IOException, GeneralSecurityException {
    Map<String, double[]> results = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (String name : inTurn(names, round)) {
        try (Target target = Targets.start(name, IDLE, arguments)) {
          Proof.of(target);
          results.computeIfAbsent(target.name(), any -> new double[rounds])[round] =
              heapOfOne(target);
        }
      }
    }
    report.idle(IDLE, results);
  }

  private static double heapOfOne(Target target) throws IOException {
    long before = target.askNumber("heap");
    try (Crowd crowd = new Crowd(target, IDLE)) {
      crowd.fill(IDLE, IDLE_AT_ONCE);
      crowd.rest(WARM_UP_NANOS);
      return (target.askNumber("heap") - before) / (double) IDLE;
    }
  }
}
