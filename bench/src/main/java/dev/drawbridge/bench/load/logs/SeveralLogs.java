package dev.drawbridge.bench.load.logs;

import dev.drawbridge.bench.load.server.Arguments;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.MemoryCluster;
import dev.drawbridge.endpoint.cluster.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What becomes of a deployment that has several logs, by hash of the channel, instead of one: how
 * much each server reads, what a client asks for when it comes back, and what a lost log costs. The
 * logs are those of the memory engine; servers and clients are simulated. Prints a table in
 * Markdown; the same {@code --seed} gives the same figures.
 */
public final class SeveralLogs {
  private static final int ROOMS_OF_A_TENANT = 10;

  /** The default of {@code DRAWBRIDGE_REPLAY_MESSAGES}. */
  private static final int REPLAY = 256;

  private SeveralLogs() {}

  /** How channels come to logs and clients to servers. */
  enum Placement {
    ONE_LOG("one log, as it is"),
    CHANNEL("by the channel's hash, clients anywhere"),
    TENANT("by the tenant's hash, clients anywhere"),
    ROUTED("by the tenant's hash, clients where its log is read");

    private final String words;

    Placement(String words) {
      this.words = words;
    }
  }

  /**
   * Sizes of a run.
   *
   * @param rate entries in a second of the simulated time
   * @param seconds how long is published, the absence included
   * @param away how long a client is away before it comes back, in seconds
   */
  record Size(
      long seed, int logs, int servers, int clients, int rooms, int rate, int seconds, int away) {}

  /**
   * What came out.
   *
   * @param logsRead by a server, on average
   * @param entries a second that a server reads, on average
   * @param mostEntries the same of the server that reads most
   * @param useful part of them that somebody there is subscribed to
   * @param busiestLog its part of all entries
   * @param positions in the resume of a client, on average
   * @param resumeBytes length of that frame, on average
   * @param missed frames that a client has missed, the median
   * @param fitting part of the clients who have not missed more than may be replayed
   * @param lostClients part of the clients that load something anew when a log is lost, on average
   * @param lostClientsMost the same for the log that hurts most
   * @param lostSubscriptions part of all subscriptions that begin anew, on average
   */
  record Result(
      double logsRead,
      double entries,
      double mostEntries,
      double useful,
      double busiestLog,
      double positions,
      double resumeBytes,
      int missed,
      double fitting,
      double lostClients,
      double lostClientsMost,
      double lostSubscriptions) {}

  /** Runs all placements. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    Size size =
        new Size(
            arguments.number("seed", 1),
            arguments.number("logs", 64),
            arguments.number("servers", 200),
            arguments.number("clients", 40_000),
            arguments.number("rooms", 20_000),
            arguments.number("rate", 10_000),
            arguments.number("seconds", 20),
            arguments.number("away", 5));
    System.out.println(size);
    System.out.println(table(size));
  }

  /** A row for each placement. */
  static String table(Size size) throws EngineException {
    StringBuilder table =
        new StringBuilder(
            "| channels to logs | logs a server reads | entries/s a server reads (most) | of use"
                + " there | busiest log | positions of a client, its resume | frames missed, median"
                + " (clients whose replay fits) | a lost log: clients that load anew, mean (most) |"
                + " subscriptions that do |\n|---|---|---|---|---|---|---|---|---|\n");
    for (Placement placement : Placement.values()) {
      Result r = run(placement, size);
      table.append(
          String.format(
              "| %s | %.1f | %,.0f (%,.0f) | %.1f %% | %.1f %% | %.1f, %.0f B | %d (%.0f %%) | %.1f"
                  + " %% (%.1f %%) | %.1f %% |%n",
              placement.words,
              r.logsRead,
              r.entries,
              r.mostEntries,
              100 * r.useful,
              100 * r.busiestLog,
              r.positions,
              r.resumeBytes,
              r.missed,
              100 * r.fitting,
              100 * r.lostClients,
              100 * r.lostClientsMost,
              100 * r.lostSubscriptions));
    }
    return table.toString();
  }

  /** Simulates one placement. */
  static Result run(Placement placement, Size size) throws EngineException {
    return new Run(placement, size).result();
  }

  /** One deployment. */
  private static final class Run {
    private final Placement placement;
    private final Size size;
    private final int logs;
    private final Population people;
    private final List<MemoryCluster> clusters = new ArrayList<>();
    private final List<SimulatedServer> servers = new ArrayList<>();

    /** By client. */
    private final int[] serverOf;

    /** By log: those that read it. */
    private final List<List<SimulatedServer>> readers = new ArrayList<>();

    /** By channel: entries so far. */
    private final int[] published;

    /** By log. */
    private final long[] entries;

    private Run(Placement placement, Size size) {
      this.placement = placement;
      this.size = size;
      this.logs = placement == Placement.ONE_LOG ? 1 : size.logs();
      boolean divided = placement == Placement.TENANT || placement == Placement.ROUTED;
      this.people =
          new Population(
              size.seed(),
              size.clients(),
              size.rooms(),
              divided ? Math.max(1, size.rooms() / ROOMS_OF_A_TENANT) : 1);
      this.serverOf = new int[size.clients()];
      this.published = new int[people.channels()];
      this.entries = new long[logs];
      for (int log = 0; log < logs; log++) {
        clusters.add(new MemoryCluster());
        readers.add(new ArrayList<>());
      }
      for (int server = 0; server < size.servers(); server++) {
        servers.add(new SimulatedServer(server));
      }
      for (int client = 0; client < size.clients(); client++) {
        serverOf[client] = place(client);
        for (int channel : people.held(client)) {
          servers.get(serverOf[client]).wants(channel);
          read(serverOf[client], log(channel));
        }
      }
      // A log that nobody is subscribed to is read where something is published into it.
      for (int log = 0; log < logs; log++) {
        if (readers.get(log).isEmpty()) {
          read(log % size.servers(), log);
        }
      }
    }

    private void read(int server, int log) {
      SimulatedServer reader = servers.get(server);
      if (!reader.reads(log)) {
        reader.read(log, clusters.get(log));
        readers.get(log).add(reader);
      }
    }

    private int place(int client) {
      if (placement != Placement.ROUTED) {
        return client % size.servers();
      }
      // The servers are dealt out to the logs in turn; a log's clients are spread over its own.
      int log = log(people.held(client)[0]);
      int own = Math.max(1, size.servers() / logs);
      return (log + logs * (client % own)) % size.servers();
    }

    private int log(int channel) {
      boolean whole = placement == Placement.ONE_LOG || placement == Placement.CHANNEL;
      int number = whole ? channel : people.tenant(channel);
      // Spreads neighbours: the product's upper bits depend on all bits of the number.
      return (int) (((number * 0x9E3779B97F4A7C15L) >>> 33) % logs);
    }

    private Result result() throws EngineException {
      publish(size.rate() * (size.seconds() - size.away()));
      int[] before = published.clone();
      Map<Integer, Position> then = positions();
      publish(size.rate() * size.away());

      double all = (double) size.rate() * size.seconds();
      double seconds = size.seconds();
      long received = servers.stream().mapToLong(SimulatedServer::received).sum();
      long most = servers.stream().mapToLong(SimulatedServer::received).max().orElseThrow();
      long useful = servers.stream().mapToLong(SimulatedServer::useful).sum();
      double busiest = entries[busiest()] / all;
      int[] missed = new int[size.clients()];
      double[] positions = new double[size.clients()];
      double[] bytes = new double[size.clients()];
      double[] clients = new double[logs];
      double[] subscriptions = new double[logs];
      for (int client = 0; client < size.clients(); client++) {
        missed[client] = missed(client, before);
        positions[client] = byLog(client).size();
        bytes[client] = resume(client, then).length();
        byLog(client)
            .forEach(
                (log, channels) -> {
                  clients[log]++;
                  subscriptions[log] += channels.size();
                });
      }
      Arrays.sort(missed);
      lose(busiest());
      return new Result(
          servers.stream().mapToInt(SimulatedServer::logs).average().orElseThrow(),
          received / seconds / size.servers(),
          most / seconds,
          useful / (double) received,
          busiest,
          Arrays.stream(positions).average().orElseThrow(),
          Arrays.stream(bytes).average().orElseThrow(),
          missed[missed.length / 2],
          Arrays.stream(missed).filter(one -> one <= REPLAY).count() / (double) missed.length,
          Arrays.stream(clients).average().orElseThrow() / size.clients(),
          Arrays.stream(clients).max().orElseThrow() / size.clients(),
          Arrays.stream(subscriptions).average().orElseThrow()
              / (size.clients() * (double) Population.HELD));
    }

    private void publish(int count) throws EngineException {
      for (int i = 0; i < count; i++) {
        int channel = people.next();
        int log = log(channel);
        List<SimulatedServer> possible = readers.get(log);
        possible.get(people.choose(possible.size())).publish(log, channel);
        published[channel]++;
        entries[log]++;
      }
    }

    private int busiest() {
      int busiest = 0;
      for (int log = 1; log < logs; log++) {
        busiest = entries[log] > entries[busiest] ? log : busiest;
      }
      return busiest;
    }

    /** Where each log is. */
    private Map<Integer, Position> positions() {
      Map<Integer, Position> all = new TreeMap<>();
      for (int log = 0; log < logs; log++) {
        all.put(log, readers.get(log).get(0).position(log));
      }
      return all;
    }

    private int missed(int client, int[] before) {
      int missed = 0;
      for (int channel : Arrays.stream(people.held(client)).distinct().toArray()) {
        missed += published[channel] - before[channel];
      }
      return missed;
    }

    /** The channels of a client by their log. */
    private Map<Integer, List<Integer>> byLog(int client) {
      Map<Integer, List<Integer>> all = new LinkedHashMap<>();
      for (int channel : people.held(client)) {
        all.computeIfAbsent(log(channel), log -> new ArrayList<>()).add(channel);
      }
      return all;
    }

    /** The frame with a position for each log; of one log it is that of version 1. */
    private String resume(int client, Map<Integer, Position> then) {
      List<String> parts = new ArrayList<>();
      byLog(client)
          .forEach(
              (log, channels) ->
                  parts.add(
                      "\"epoch\":\""
                          + then.get(log).epoch()
                          + "\",\"seq\":"
                          + then.get(log).seq()
                          + ",\"channels\":"
                          + channels.stream()
                              .map(one -> '"' + SimulatedServer.name(one) + '"')
                              .toList()
                              .toString()
                              .replace(" ", "")));
      String positions =
          parts.size() == 1 ? parts.get(0) : "\"positions\":[{" + String.join("},{", parts) + "}]";
      return "{\"type\":\"resume\",\"id\":\"s1\",\"data\":{" + positions + ",\"presence\":true}}";
    }

    /** Those who read it, and nobody else, are told; the other logs go on where they are. */
    private void lose(int log) throws EngineException {
      Map<Integer, Position> before = positions();
      clusters.get(log).loseLog();
      for (SimulatedServer server : servers) {
        if (server.resets() != (server.reads(log) ? 1 : 0)) {
          throw new IllegalStateException("a server was not told of its log, or of another's");
        }
      }
      Map<Integer, Position> after = positions();
      if (after.get(log).epoch().equals(before.get(log).epoch()) || after.get(log).seq() != 0) {
        throw new IllegalStateException("the lost log goes on: " + after.get(log));
      }
      before.remove(log);
      after.remove(log);
      if (!after.equals(before)) {
        throw new IllegalStateException("another log has moved");
      }
      publish(size.rate());
    }
  }
}
