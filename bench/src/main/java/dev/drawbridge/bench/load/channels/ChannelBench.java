package dev.drawbridge.bench.load.channels;

import dev.drawbridge.bench.load.Figures;
import dev.drawbridge.bench.load.Target;
import dev.drawbridge.bench.load.Targets;
import dev.drawbridge.bench.load.Tokens;
import dev.drawbridge.bench.load.channels.Audience.Dialect;
import dev.drawbridge.bench.load.channels.Audience.Round;
import dev.drawbridge.bench.load.server.Arguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What channels cost: a publish beside a send to all connections, deliveries in a second, both
 * beside Socket.IO and Bun, a storm of resumes, and the heap of a subscription. Prints tables in
 * Markdown; the arguments stand in README.md, and {@code bench/channels.sh} starts it.
 */
public final class ChannelBench {
  private static final long SECOND = 1_000_000_000L;
  private static final String ALL =
      "{\"type\":\"subscribe\",\"id\":\"s\",\"data\":{\"channels\":[\"room:all\"]}}";

  private final Arguments arguments;
  private final int readers;
  private final int rounds;
  private final long roundNanos;
  private final long warmUpNanos;
  private final int rate;

  private ChannelBench(Arguments arguments) {
    this.arguments = arguments;
    this.readers = arguments.number("readers", 1000);
    this.rounds = arguments.number("rounds", 5);
    this.roundNanos = arguments.number("seconds", 4) * SECOND;
    this.warmUpNanos = arguments.number("warm-up", 40) * SECOND;
    this.rate = arguments.number("rate", 25);
  }

  /** Runs the scenarios named by {@code --scenarios}. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    ChannelBench bench = new ChannelBench(arguments);
    for (String scenario :
        arguments.text("scenarios", "send,rate,peers,storm,heap").split(",", -1)) {
      switch (scenario) {
        case "send" -> bench.besideSend();
        case "rate" -> bench.rates();
        case "peers" -> bench.besidePeers();
        case "storm" -> bench.storm();
        case "heap" -> bench.heap();
        default -> throw new IllegalArgumentException("no such scenario: " + scenario);
      }
    }
  }

  private Target ours(int users) throws Exception {
    return Targets.start("hs256", users, arguments);
  }

  /** One contestant: a word to one server's readers. */
  private record Side(String name, Audience audience, Target target, String word) {}

  private void besideSend() throws Exception {
    try (Target target = ours(readers);
        Audience audience = new Audience(target, Dialect.DRAWBRIDGE)) {
      audience.fill(readers, i -> ALL);
      compare(
          "channel publish beside a send to all connections, " + readers + " readers",
          List.of(
              new Side("connections().all().send", audience, target, "send"),
              new Side("channels.publish", audience, target, "publish")));
    }
  }

  private void besidePeers() throws Exception {
    List<AutoCloseable> open = new ArrayList<>();
    try {
      List<Side> sides = new ArrayList<>();
      Target target = ours(readers);
      open.add(target);
      Audience audience = new Audience(target, Dialect.DRAWBRIDGE);
      open.add(audience);
      audience.fill(readers, i -> ALL);
      sides.add(new Side("Drawbridge", audience, target, "publish"));
      Path peers = Path.of(arguments.text("peers", "bench/target/channels"));
      sides.add(
          peer(
              "Socket.IO with recovery",
              Dialect.SOCKET_IO,
              List.of(arguments.text("node", "node"), peers.resolve("socketio.mjs").toString()),
              open));
      Path bun = peers.resolve("node_modules/.bin/bun");
      if (Files.isExecutable(bun)) {
        sides.add(
            peer(
                "Bun, no numbers, no replay",
                Dialect.PLAIN,
                List.of(bun.toString(), peers.resolve("bun.mjs").toString()),
                open));
      } else {
        System.err.println("no Bun at " + bun);
      }
      compare("beside others, " + readers + " readers", sides);
    } finally {
      for (int i = open.size() - 1; i >= 0; i--) {
        open.get(i).close();
      }
    }
  }

  private Side peer(String name, Dialect dialect, List<String> program, List<AutoCloseable> open)
      throws Exception {
    Target target = Target.start(name, Tokens.hmac(Tokens.SECRET), false, false, program);
    open.add(target);
    Audience audience = new Audience(target, dialect);
    open.add(audience);
    audience.fill(readers, i -> null);
    return new Side(name, audience, target, "publish");
  }

  /** Rounds of all sides in turn, forth and back, each at the same rate. */
  private void compare(String title, List<Side> sides) throws IOException {
    Map<Side, List<Round>> results = new LinkedHashMap<>();
    for (Side side : sides) {
      results.put(side, new ArrayList<>());
      side.audience.begin(side.word);
    }
    // In turns of a second: whoever waits for longer misses the heartbeat.
    for (long done = 0; done < warmUpNanos; done += sides.size() * SECOND) {
      for (Side side : sides) {
        side.audience.run(side.word, 2 * rate, SECOND);
      }
    }
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < sides.size(); i++) {
        Side side = sides.get(round % 2 == 0 ? i : sides.size() - 1 - i);
        side.audience.run(side.word, rate, SECOND / 2);
        results.get(side).add(side.audience.run(side.word, rate, roundNanos));
        for (Side other : sides) {
          other.audience.drain();
        }
      }
    }
    List<Round> measure = results.get(sides.get(0));
    System.out.printf(
        "%n### %s%n%n| | CPU µs per delivery | × %s (min–max) | deliveries per CPU second | bytes"
            + " allocated per delivery | p99 ms | per second | wrong |%n"
            + "|---|---|---|---|---|---|---|---|%n",
        title, sides.get(0).name);
    results.forEach(
        (side, list) -> {
          double[] ratios =
              IntStream.range(0, list.size())
                  .mapToDouble(i -> list.get(i).cpuMicros() / measure.get(i).cpuMicros())
                  .sorted()
                  .toArray();
          System.out.printf(
              "| %s | %.2f | %.2f (%.2f–%.2f) | %.0f | %s | %.1f | %.0f | %d |%n",
              side.name,
              median(list, Round::cpuMicros),
              Figures.median(ratios),
              ratios[0],
              ratios[ratios.length - 1],
              1e6 / median(list, Round::cpuMicros),
              list.get(0).bytes() == 0 ? "–" : "%.0f".formatted(median(list, Round::bytes)),
              median(list, Round::p99Millis),
              median(list, Round::perSecond),
              list.stream().mapToLong(Round::wrong).sum());
        });
  }

  private static double median(List<Round> rounds, ToDoubleFunction<Round> figure) {
    return Figures.median(rounds.stream().mapToDouble(figure).toArray());
  }

  private void rates() throws Exception {
    System.out.printf(
        "%n### deliveries in a second on one processor, %d readers%n%n| asked for | got | p99 ms |"
            + " CPU µs per delivery | wrong |%n|---|---|---|---|---|%n",
        readers);
    try (Target target = ours(readers);
        Audience audience = new Audience(target, Dialect.DRAWBRIDGE)) {
      audience.fill(readers, i -> ALL);
      audience.begin("publish");
      audience.run("publish", 2 * rate, warmUpNanos);
      for (int each : List.of(20, 30, 40, 60, 80, 100)) {
        Round round = audience.run("publish", each, roundNanos);
        System.out.printf(
            "| %d | %.0f | %.1f | %.2f | %d |%n",
            each * readers, round.perSecond(), round.p99Millis(), round.cpuMicros(), round.wrong());
      }
    }
  }

  private void storm() throws Exception {
    int clients = arguments.number("clients", 2000);
    try (Target target = ours(clients)) {
      Storm.head();
      for (int i = 0; i < arguments.number("storms", 3); i++) {
        try (Storm storm = new Storm(target)) {
          storm.run(clients);
        }
      }
    }
  }

  private void heap() throws Exception {
    System.out.printf(
        "%n### heap of a subscription%n%n| connections × channels | readers of a channel | bytes"
            + " per subscription |%n|---|---|---|%n");
    for (int shared : List.of(1, 10, 1000)) {
      int each = 100;
      int channels = readers * each / shared;
      try (Target target = ours(readers);
          Audience audience = new Audience(target, Dialect.DRAWBRIDGE)) {
        audience.fill(readers, i -> ALL);
        audience.drain();
        long before = target.askNumber("heap");
        audience.each(
            i ->
                "{\"type\":\"subscribe\",\"id\":\"h\",\"data\":{\"channels\":["
                    + IntStream.range(0, each - 1)
                        .mapToObj(k -> "\"room:" + (i * each + k) % channels + '"')
                        .collect(Collectors.joining(","))
                    + "]}}");
        for (int i = 0; i < 40; i++) {
          audience.drain();
        }
        long after = target.askNumber("heap");
        System.out.printf(
            "| %d × %d | %d | %.0f |%n",
            readers, each - 1, shared, (after - before) / (double) readers / (each - 1));
      }
    }
  }
}
