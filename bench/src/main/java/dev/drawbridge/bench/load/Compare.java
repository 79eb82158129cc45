package dev.drawbridge.bench.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Drawbridge beside bare Jetty and a hand-written filter, or beside another build of itself, in one
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
  private static final String BARE = "bare Jetty";

  private final Arguments arguments;
  private final List<String> names;
  private final List<Target> targets;

  /** Name of the target that the others are measured by. */
  private final String measure;

  private final int rounds;
  private final long roundNanos;
  private final int connections;
  private final int window;
  private final String transport;
  private final long warmUpNanos;

  private interface Load extends AutoCloseable {
    Figures run(long nanos) throws IOException;

    @Override
    void close();
  }

  private Compare(List<String> names, List<Target> targets, Arguments arguments) {
    this.arguments = arguments;
    this.names = names;
    this.targets = targets;
    this.measure = measure(targets);
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

  /** The first one where there is neither an earlier build nor a bare server. */
  private static String measure(List<Target> targets) {
    List<String> present = targets.stream().map(Target::name).toList();
    return Stream.of(Targets.BEFORE, BARE)
        .filter(present::contains)
        .findFirst()
        .orElse(present.get(0));
  }

  /** Runs the scenarios named by {@code --scenarios} on the targets named by {@code --targets}. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    boolean beforeAndAfter = isBeforeAndAfter(arguments);
    List<String> names =
        words(
            arguments,
            "targets",
            beforeAndAfter ? "before,hs256" : "bare,greeting,hand,hs256,rs256");
    List<Target> targets = Targets.start(names, IDLE, arguments);
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
                  : "handshake,handshake-fresh,echo,ping-pong,idle")) {
        compare.scenario(scenario);
      }
    } finally {
      targets.forEach(Target::close);
    }
  }

  private static boolean isBeforeAndAfter(Arguments arguments) {
    return arguments.text("before", null) != null;
  }

  private static List<String> words(Arguments arguments, String name, String otherwise) {
    return List.of(arguments.text(name, otherwise).split(",", -1));
  }

  private void scenario(String name) throws IOException, GeneralSecurityException {
    switch (name) {
      case "handshake" ->
          compare(name, this::handshakes, "CPU µs per handshake", Figures::cpuMicros);
      case "handshake-fresh" ->
          compare(name, this::freshHandshakes, "CPU µs per handshake", Figures::cpuMicros);
      case "echo" -> messages(name, window);
      case "ping-pong" -> messages(name, 1);
      case "idle" -> idle();
      default -> throw new IllegalArgumentException("no such scenario: " + name);
    }
  }

  /** Per second of the clock, or with {@code --per cpu} per second that the server has worked. */
  private void messages(String name, int underWay) throws IOException {
    boolean perCpu = arguments.text("per", "time").equals("cpu");
    compare(
        name,
        target -> messages(target, underWay),
        perCpu ? "per CPU second" : "per second",
        perCpu ? Figures::perCpuSecond : Figures::perSecond);
  }

  private Load handshakes(Target target) {
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < USERS; i++) {
      requests.add(Tokens.handshake(target.tokens().of("user-" + i), transport));
    }
    int[] next = {0};
    return load(target, () -> requests.get(next[0]++ % USERS));
  }

  private Load freshHandshakes(Target target) {
    int[] next = {0};
    return load(
        target, () -> Tokens.handshake(target.tokens().of("user-" + next[0]++ % USERS), transport));
  }

  private static Load load(Target target, Supplier<byte[]> requests) {
    return new Load() {
      @Override
      public Figures run(long nanos) throws IOException {
        return new Handshakes(target, requests).run(nanos, 16);
      }

      @Override
      public void close() {}
    };
  }

  private Load messages(Target target, int underWay) throws IOException {
    Messages messages = new Messages(target, connections, underWay);
    return new Load() {
      @Override
      public Figures run(long nanos) throws IOException {
        return messages.run(nanos);
      }

      @Override
      public void close() {
        messages.close();
      }
    };
  }

  private interface Opener {
    Load open(Target target) throws IOException;
  }

  private void compare(String name, Opener opener, String unit, ToDoubleFunction<Figures> figure)
      throws IOException {
    Map<Target, List<Figures>> results = new LinkedHashMap<>();
    for (Target target : targets) {
      results.put(target, new ArrayList<>());
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
          results.get(target).add(load.run(roundNanos));
        }
      }
    }
    print(name, unit, results, figure);
  }

  /**
   * Until the rate rises no more and the server's compiler rests, both for some slices in a row: a
   * rate stands still as well while the compiler has half of the processor.
   */
  private void warmUp(Load load, Target target) throws IOException {
    double best = 0;
    int calm = 0;
    long began = System.nanoTime();
    long compiled = target.askNumber("compiled");
    double compiling = 1;
    while (calm < CALM_SLICES && System.nanoTime() - began < warmUpNanos) {
      double rate = load.run(WARM_UP_NANOS).perSecond();
      long now = target.askNumber("compiled");
      compiling = (now - compiled) * 1e6 / WARM_UP_NANOS;
      compiled = now;
      boolean rises = rate > best * (1 + SETTLED_PERCENT / 100.0);
      calm = rises || compiling > COMPILING ? 0 : calm + 1;
      best = Math.max(best, rate);
    }
    System.err.printf(
        "%s is warm after %.0f s at %.0f/s, the compiler at %.0f %%%n",
        target.name(), (System.nanoTime() - began) / 1e9, best, compiling * 100);
  }

  /** Forth and back, so that a machine that grows slower or faster favours none. */
  private static <T> List<T> inTurn(List<T> all, int round) {
    List<T> order = new ArrayList<>(all);
    if (round % 2 == 1) {
      Collections.reverse(order);
    }
    return order;
  }

  private void print(
      String name,
      String unit,
      Map<Target, List<Figures>> results,
      ToDoubleFunction<Figures> figure) {
    List<Figures> base =
        targets.stream()
            .filter(target -> target.name().equals(measure))
            .findFirst()
            .map(results::get)
            .orElse(List.of());
    System.out.printf(
        "%n### %s%n%n| target | %s | × %s (min–max) | per second | CPU µs | switches | slowest"
            + " connection | p99 ms |%n|---|---|---|---|---|---|---|---|%n",
        name, unit, measure);
    results.forEach(
        (target, list) -> {
          System.out.printf(
              "| %s | %.1f | %s | %.0f | %.1f | %.2f | %.2f | %.1f |%n",
              target.name(),
              Figures.median(list, figure),
              ratios(
                  list.stream().mapToDouble(figure).toArray(),
                  base.stream().mapToDouble(figure).toArray()),
              Figures.median(list, Figures::perSecond),
              Figures.median(list, Figures::cpuMicros),
              Figures.median(list, Figures::switchesPerOperation),
              Figures.median(list, Figures::fairness),
              Figures.median(list, Figures::p99Millis));
        });
  }

  /** Round by round, as median and range; a dash where there is nothing to measure by. */
  private static String ratios(double[] figures, double[] base) {
    if (base.length == 0) {
      return "–";
    }
    double[] ratios = new double[figures.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = figures[i] / base[i];
    }
    Arrays.sort(ratios);
    return String.format(
        "%.2f (%.2f–%.2f)", Figures.median(ratios), ratios[0], ratios[ratios.length - 1]);
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
    double[] base = results.getOrDefault(measure, new double[0]);
    System.out.printf(
        "%n### idle%n%n| target | heap bytes per connection, %d idle | × %s (min–max) |%n"
            + "|---|---|---|%n",
        IDLE, measure);
    results.forEach(
        (name, bytes) ->
            System.out.printf(
                "| %s | %.0f | %s |%n", name, Figures.median(bytes), ratios(bytes, base)));
  }

  private static double heapOfOne(Target target) throws IOException {
    long before = target.askNumber("heap");
    try (Crowd crowd = new Crowd(target, IDLE)) {
      crowd.fill(IDLE, IDLE_AT_ONCE);
      crowd.rest(WARM_UP_NANOS);
      return (target.askNumber("heap") - before) / (double) IDLE;
    }
  }

  /** Where the driver writes what its targets read, such as a public key. */
  static Path scratch() throws IOException {
    return Files.createTempDirectory("drawbridge-bench");
  }
}
