package dev.drawbridge.bench.load.cluster;

import dev.drawbridge.bench.load.Figures;
import dev.drawbridge.bench.load.cluster.Fleet.Kind;
import dev.drawbridge.bench.load.cluster.Fleet.Member;
import dev.drawbridge.bench.load.server.Arguments;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What two servers on one Redis cost and lose, beside Socket.IO with its adapter for Redis Streams:
 * latency, throughput, calls at rest, a server that is killed, a Redis that is killed. Prints
 * tables in Markdown; the arguments stand in README.md, and {@code bench/cluster.sh} starts it.
 */
public final class ClusterBench {
  private static final long SECOND = 1_000_000_000L;

  private final Arguments arguments;
  private final List<Fleet> fleets = new ArrayList<>();
  private final int rounds;
  private final long roundNanos;
  private final long warmUpNanos;

  private ClusterBench(Arguments arguments) {
    this.arguments = arguments;
    this.rounds = arguments.number("rounds", 5);
    this.roundNanos = arguments.number("seconds", 5) * SECOND;
    this.warmUpNanos = arguments.number("warm-up", 40) * SECOND;
  }

  /** Runs the scenarios named by {@code --scenarios}. */
  public static void main(String[] args) throws Exception {
    ClusterBench bench = new ClusterBench(Arguments.parse(args));
    try {
      bench.run();
    } finally {
      bench.fleets.forEach(Fleet::close);
    }
  }

  private void run() throws Exception {
    List<String> engines = List.of(arguments.text("engines", "redis").split(",", -1));
    if (engines.contains("redis")) {
      fleets.add(new Fleet(Kind.DRAWBRIDGE, arguments));
    }
    if (engines.contains("sql")) {
      fleets.add(new Fleet(Kind.DRAWBRIDGE_SQL, arguments));
    }
    Path peers = Path.of(arguments.text("peers", "bench/target/channels"));
    if (Files.isDirectory(peers.resolve("node_modules/@socket.io/redis-streams-adapter"))) {
      fleets.add(new Fleet(Kind.SOCKET_IO, arguments));
    } else {
      System.err.println("no Socket.IO in " + peers);
    }
    for (String scenario :
        arguments.text("scenarios", "latency,throughput,rest,server,redis").split(",", -1)) {
      switch (scenario) {
        case "latency" -> latency();
        case "throughput" -> throughput();
        case "rest" -> rest();
        case "server" -> serverDies();
        case "redis" -> redisDies();
        default -> throw new IllegalArgumentException("no such scenario: " + scenario);
      }
    }
  }

  private record Round(
      double p50Millis, double p99Millis, double perCpuSecond, int lost, int twice) {}

  private void latency() {
    int rate = arguments.number("rate", 500);
    int readers = arguments.number("readers", 10);
    List<Member> publishers = new ArrayList<>();
    List<List<Member>> audiences = new ArrayList<>();
    for (Fleet fleet : fleets) {
      publishers.add(fleet.connect(1, 0, false).get(0));
      audiences.add(fleet.connect(readers, 1, true));
    }
    // In turns: whoever waits for longer misses a heartbeat.
    for (long done = 0; done < warmUpNanos; done += SECOND) {
      Fleet fleet = fleets.get((int) (done / SECOND) % fleets.size());
      fleet.publish(publishers.get(fleets.indexOf(fleet)), rate, SECOND);
    }
    List<List<Round>> results = new ArrayList<>();
    fleets.forEach(fleet -> results.add(new ArrayList<>()));
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < fleets.size(); i++) {
        int turn = round % 2 == 0 ? i : fleets.size() - 1 - i;
        Fleet fleet = fleets.get(turn);
        Member publisher = publishers.get(turn);
        fleet.publish(publisher, rate, SECOND / 2);
        fleet.clearLatencies();
        long deliveries = fleet.deliveries();
        long cpu = fleet.cpuNanos();
        fleet.publish(publisher, rate, roundNanos);
        settle(fleet, audiences.get(turn));
        int[] sorted = fleet.latencies();
        results
            .get(turn)
            .add(
                new Round(
                    percentile(sorted, 50) / 1e3,
                    percentile(sorted, 99) / 1e3,
                    (fleet.deliveries() - deliveries) * 1e9 / (fleet.cpuNanos() - cpu),
                    lost(audiences.get(turn)),
                    twice(audiences.get(turn))));
      }
    }
    System.out.printf(
        "%n### published on one server, received on the other: %d in a second, %d readers"
            + " there%n%n| | p50 ms | p99 ms | deliveries per CPU second of servers and what"
            + " carries | lost | twice |%n|---|---|---|---|---|---|%n",
        rate, readers);
    for (int i = 0; i < fleets.size(); i++) {
      List<Round> all = results.get(i);
      Round last = all.get(all.size() - 1);
      System.out.printf(
          "| %s | %.2f (%s) | %.2f (%s) | %.0f | %d | %d |%n",
          fleets.get(i).kind().title,
          Figures.median(all.stream().mapToDouble(Round::p50Millis).toArray()),
          range(all.stream().mapToDouble(Round::p50Millis).toArray()),
          Figures.median(all.stream().mapToDouble(Round::p99Millis).toArray()),
          range(all.stream().mapToDouble(Round::p99Millis).toArray()),
          Figures.median(all.stream().mapToDouble(Round::perCpuSecond).toArray()),
          last.lost,
          last.twice);
      fleets.get(i).leave(audiences.get(i));
      fleets.get(i).leave(List.of(publishers.get(i)));
    }
  }

  private static String range(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return "%.2f–%.2f".formatted(sorted[0], sorted[sorted.length - 1]);
  }

  private static double percentile(int[] sorted, int percent) {
    return sorted.length == 0 ? 0 : sorted[(int) ((sorted.length - 1) * (long) percent / 100)];
  }

  /** Until everybody has what the publishers know to be out, or was told; for 10 s at most. */
  private static void settle(Fleet fleet, List<Member> readers) {
    long[] looked = {0};
    fleet.run(
        10 * SECOND,
        () -> {
          long now = System.nanoTime();
          if (now - looked[0] < SECOND / 10) {
            return false;
          }
          looked[0] = now;
          return fleet.published() == fleet.answered()
              && readers.stream().allMatch(reader -> reader.resyncs() > 0 || reader.lost() == 0);
        });
  }

  /** Messages that readers missed who were not told so. */
  private static int lost(List<Member> readers) {
    return readers.stream().filter(reader -> reader.resyncs() == 0).mapToInt(Member::lost).sum();
  }

  /** Messages that readers missed who know that some may be missing. */
  private static int missed(List<Member> readers) {
    return readers.stream().filter(reader -> reader.resyncs() > 0).mapToInt(Member::lost).sum();
  }

  private static int twice(List<Member> readers) {
    return readers.stream().mapToInt(Member::twice).sum();
  }

  private static int told(List<Member> readers) {
    return readers.stream().mapToInt(Member::resyncs).sum();
  }

  private void throughput() {
    int connections = arguments.number("publishers", 8);
    int window = arguments.number("window", 100);
    System.out.printf(
        "%n### most that goes through: %d publishers on one server, %d without an answer each, one"
            + " reader on the other%n%n| | entries in a second (of each round) | CPU µs per entry |"
            + " refused | lost | twice |%n|---|---|---|---|---|---|%n",
        connections, window);
    for (Fleet fleet : fleets) {
      List<Member> publishers = fleet.connect(connections, 0, false);
      List<Member> reader = fleet.connect(1, 1, true);
      saturate(fleet, publishers, connections * window, Math.max(SECOND, warmUpNanos / 4));
      List<Double> rates = new ArrayList<>();
      List<Double> costs = new ArrayList<>();
      int refused = fleet.refused();
      for (int i = 0; i < rounds; i++) {
        long deliveries = fleet.deliveries();
        long cpu = fleet.cpuNanos();
        long began = System.nanoTime();
        saturate(fleet, publishers, connections * window, roundNanos / 2);
        long count = fleet.deliveries() - deliveries;
        rates.add(count * 1e9 / (System.nanoTime() - began));
        costs.add((fleet.cpuNanos() - cpu) / 1e3 / count);
      }
      settle(fleet, reader);
      double[] each = rates.stream().mapToDouble(Double::doubleValue).toArray();
      Arrays.sort(each);
      System.out.printf(
          "| %s | %.0f (%.0f–%.0f) | %.1f | %d | %d | %d |%n",
          fleet.kind().title,
          Figures.median(each),
          each[0],
          each[each.length - 1],
          Figures.median(costs.stream().mapToDouble(Double::doubleValue).toArray()),
          fleet.refused() - refused,
          reader.get(0).lost(),
          reader.get(0).twice());
      fleet.leave(publishers);
      fleet.leave(reader);
    }
  }

  private static void saturate(Fleet fleet, List<Member> publishers, int most, long nanos) {
    int began = fleet.published() - fleet.answered();
    int[] turn = {0};
    fleet.run(
        nanos,
        () -> {
          while (fleet.published() - fleet.answered() - began < most) {
            fleet.publish(publishers.get(turn[0]++ % publishers.size()));
          }
          return false;
        });
    fleet.run(5 * SECOND, () -> fleet.published() - fleet.answered() <= began);
  }

  private void rest() throws Exception {
    int readers = arguments.number("resting", 200);
    int seconds = arguments.number("rest-seconds", 10);
    System.out.printf(
        "%n### at rest, %d connections on each server%n%n| | calls of Redis in a second for each"
            + " server |%n|---|---|%n",
        readers);
    for (Fleet fleet : fleets) {
      List<Member> resting = new ArrayList<>(fleet.connect(readers, 0, true));
      resting.addAll(fleet.connect(readers, 1, true));
      fleet.run(2 * SECOND, () -> false);
      long before = fleet.carrier().calls();
      fleet.run(seconds * SECOND, () -> false);
      System.out.printf(
          "| %s | %.2f |%n",
          fleet.kind().title, (fleet.carrier().calls() - before) / 2.0 / seconds);
      fleet.leave(resting);
    }
  }

  private void serverDies() throws Exception {
    int clients = arguments.number("clients", 1000);
    int rate = arguments.number("storm-rate", 10);
    System.out.printf(
        "%n### a server is killed with %d readers on it, %d messages in a second from the"
            + " other%n%n| | all back, s after their handshake | p50 ms | p99 ms | all back, s"
            + " after the kill | lost, not told | twice | told that messages may be missing | lost,"
            + " told |%n|---|---|---|---|---|---|---|---|---|%n",
        clients, rate);
    for (Fleet fleet : fleets) {
      List<Member> readers = fleet.connect(clients, 0, true);
      Member publisher = fleet.connect(1, 1, false).get(0);
      fleet.publish(publisher, rate, 2 * SECOND);
      fleet.kill(0);
      long died = System.nanoTime();
      // Who is on the dead one learns it with the next look.
      fleet.run(SECOND, () -> !fleet.isIn(readers));
      while (!fleet.isIn(readers) && System.nanoTime() - died < 60 * SECOND) {
        fleet.publish(publisher, rate, SECOND / 5);
      }
      double all = (System.nanoTime() - died) / 1e9;
      fleet.publish(publisher, rate, 2 * SECOND);
      settle(fleet, readers);
      long[] back = readers.stream().mapToLong(Member::backNanos).sorted().toArray();
      System.out.printf(
          "| %s | %.2f | %.0f | %.0f | %.2f | %d | %d | %d | %d |%n",
          fleet.kind().title,
          back[back.length - 1] / 1e9,
          Figures.percentile(back, 50) / 1e6,
          Figures.percentile(back, 99) / 1e6,
          all,
          lost(readers),
          twice(readers),
          told(readers),
          missed(readers));
      fleet.leave(readers);
      fleet.leave(List.of(publisher));
      fleet.startAgain(0);
    }
  }

  private void redisDies() throws Exception {
    int seconds = arguments.number("away", 30);
    int rate = arguments.number("away-rate", 200);
    System.out.printf(
        "%n### Redis is killed and is away for %d s under %d publishes in a second, 10 readers on"
            + " each server%n%n| | connections that ended | first delivery, s after its return |"
            + " published | said to be out | refused | unknown | no answer | lost, not told |"
            + " twice | told that messages may be missing | lost, told |%n"
            + "|---|---|---|---|---|---|---|---|---|---|---|---|%n",
        seconds, rate);
    for (Fleet fleet : fleets) {
      List<Member> readers = new ArrayList<>(fleet.connect(10, 0, true));
      readers.addAll(fleet.connect(10, 1, true));
      Member publisher = fleet.connect(1, 0, false).get(0);
      int closes = fleet.closes();
      int published = fleet.published();
      int accepted = fleet.accepted();
      int refused = fleet.refused();
      int unknown = fleet.unknown();
      fleet.publish(publisher, rate, 3 * SECOND);
      fleet.carrier().kill();
      fleet.publish(publisher, rate, seconds * SECOND);
      fleet.carrier().startAgain();
      long returned = System.nanoTime();
      long deliveries = fleet.deliveries();
      double first = -1;
      while (first < 0 && System.nanoTime() - returned < 20 * SECOND) {
        fleet.publish(publisher, rate, SECOND / 20);
        if (fleet.deliveries() > deliveries) {
          first = (System.nanoTime() - returned) / 1e9;
        }
      }
      fleet.publish(publisher, rate, 3 * SECOND);
      settle(fleet, readers);
      int all = fleet.published() - published;
      int known =
          fleet.accepted() - accepted + fleet.refused() - refused + fleet.unknown() - unknown;
      System.out.printf(
          "| %s | %d | %s | %d | %d | %d | %d | %d | %d | %d | %d | %d |%n",
          fleet.kind().title,
          fleet.closes() - closes,
          first < 0 ? "not in 20" : "%.2f".formatted(first),
          all,
          fleet.accepted() - accepted,
          fleet.refused() - refused,
          fleet.unknown() - unknown,
          all - known,
          lost(readers),
          twice(readers),
          told(readers),
          missed(readers));
      fleet.leave(readers);
      fleet.leave(List.of(publisher));
    }
  }
}
