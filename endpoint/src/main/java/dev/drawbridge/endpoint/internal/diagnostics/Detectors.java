package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.internal.Finding;
import dev.drawbridge.endpoint.internal.Finding.Level;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Closing;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Health;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Open;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Tried;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Patterns in what was seen that a single handshake or close does not show. Stateless. */
public final class Detectors {
  private static final long MINUTE = 60_000;

  /** Closes that are looked at for a fixed age. */
  static final long AGE_WINDOW_MS = 30 * MINUTE;

  /** Shorter lives are failures of another kind. */
  static final long MIN_AGE_MS = 5_000;

  static final int MIN_SAME_AGE = 3;
  private static final double SAME_AGE_SHARE = 0.6;
  private static final long SAME_AGE_SPREAD_MS = 2_000;
  private static final double SAME_AGE_SPREAD = 0.04;

  static final long STORM_WINDOW_MS = 10_000;
  static final int STORM_TRIES = 5;

  /** Two connections of one page within this time were opened by one load of it. */
  static final long SAME_LOAD_MS = 2_000;

  static final int MANY_OF_ONE_PAGE = 4;
  static final long SLOW_MS = 1_000;
  static final double SLOW_SHARE = 0.25;
  static final long SLOW_WINDOW_MS = 5 * MINUTE;
  static final long SKEW_MS = 5_000;
  static final int MIN_PINGS = 20;
  private static final double RELIABLE = 0.98;

  private static final int SLOW_CONSUMER = 4510;
  private static final int ABNORMAL = 1006;
  private static final int GOING_AWAY = 1001;

  private Detectors() {}

  /** All that the detectors notice, in the order of this class. */
  public static List<Finding> findings(Sightings seen) {
    List<Finding> found = new ArrayList<>();
    add(found, fixedAge(seen.closings(), seen.nowMillis(), seen.health().heartbeatSeconds()));
    add(found, reconnectStorm(seen.attempts(), seen.nowMillis()));
    add(found, severalOfOnePage(seen.open()));
    add(found, slowConsumers(seen.open(), seen.closings(), seen.nowMillis()));
    add(found, clockAhead(seen.attempts()));
    add(found, unreliableHeartbeat(seen.health()));
    return found;
  }

  private static void add(List<Finding> found, @Nullable Finding finding) {
    if (finding != null) {
      found.add(finding);
    }
  }

  /** Connections that the network ends at one age, or after one length of silence. */
  static @Nullable Finding fixedAge(List<Closing> all, long now, long heartbeatSeconds) {
    List<Closing> cut =
        all.stream()
            .filter(one -> !one.byServer() && now - one.at() <= AGE_WINDOW_MS)
            .filter(one -> one.code() == ABNORMAL || one.code() == GOING_AWAY)
            .filter(one -> one.ageMs() >= MIN_AGE_MS)
            .toList();
    List<Closing> silent = largestGroup(cut, Closing::quietMs);
    if (isPattern(silent, cut)) {
      long seconds = seconds(silent, Closing::quietMs);
      return new Finding(
          "fixed_silence",
          Level.WARNING,
          "Connections are cut after " + seconds + " s of silence",
          String.format(
              "%d of the last %d connections that the network ended had been quiet for about %d s%s",
              silent.size(), cut.size(), seconds, ProxyLimits.whose(seconds)),
          "raise the idle limit of the proxy, or let the heartbeat be shorter than it:"
              + " DRAWBRIDGE_HEARTBEAT_INTERVAL at "
              + Math.max(1, seconds * 3 / 4)
              + "s or less; it is "
              + heartbeatSeconds
              + " s",
          ProxyLimits.paste(seconds),
          silent.size(),
          List.of());
    }
    List<Closing> old = largestGroup(cut, Closing::ageMs);
    if (isPattern(old, cut)) {
      long seconds = seconds(old, Closing::ageMs);
      return new Finding(
          "fixed_age",
          Level.WARNING,
          "Connections die at an age of " + seconds + " s",
          String.format(
              "%d of the last %d connections that the network ended were about %d s old, busy or"
                  + " not%s",
              old.size(), cut.size(), seconds, ProxyLimits.whose(seconds)),
          "look for a limit of "
              + seconds
              + " s for whole requests or streams in each proxy on the way, and raise it for the"
              + " WebSocket's path",
          ProxyLimits.paste(seconds),
          old.size(),
          List.of());
    }
    return null;
  }

  private static boolean isPattern(List<Closing> group, List<Closing> all) {
    return group.size() >= MIN_SAME_AGE && group.size() >= SAME_AGE_SHARE * all.size();
  }

  private static long seconds(List<Closing> group, ToLongFunction<Closing> length) {
    return Math.round(group.stream().mapToLong(length).average().orElse(0) / 1000);
  }

  /** The most closes whose lengths lie close together. */
  private static List<Closing> largestGroup(List<Closing> all, ToLongFunction<Closing> length) {
    List<Closing> sorted =
        all.stream()
            .filter(one -> length.applyAsLong(one) >= MIN_AGE_MS)
            .sorted(Comparator.comparingLong(length))
            .toList();
    List<Closing> best = List.of();
    int from = 0;
    for (int to = 0; to < sorted.size(); to++) {
      long longest = length.applyAsLong(sorted.get(to));
      long spread = Math.max(SAME_AGE_SPREAD_MS, (long) (longest * SAME_AGE_SPREAD));
      while (longest - length.applyAsLong(sorted.get(from)) > spread) {
        from++;
      }
      if (to + 1 - from > best.size()) {
        best = sorted.subList(from, to + 1);
      }
    }
    return best;
  }

  /** One client that tries again and again. */
  static @Nullable Finding reconnectStorm(List<Tried> attempts, long now) {
    Map<String, List<Tried>> byClient =
        attempts.stream()
            .filter(one -> now - one.startedAt() <= STORM_WINDOW_MS && one.isOver())
            .collect(Collectors.groupingBy(Tried::client));
    List<Tried> storm =
        byClient.values().stream().max(Comparator.comparingInt(List::size)).orElse(List.of());
    if (storm.size() <= STORM_TRIES) {
      return null;
    }
    String code =
        storm.stream()
            .collect(Collectors.groupingBy(Tried::code, Collectors.counting()))
            .entrySet()
            .stream()
            .max(Map.Entry.comparingByValue())
            .map(Map.Entry::getKey)
            .orElse("ok");
    Tried newest = storm.get(0);
    return new Finding(
        "reconnect_storm",
        Level.WARNING,
        "One client reconnects again and again",
        String.format(
            "%d tries in %d s from %s, most of them ended with %s",
            storm.size(),
            STORM_WINDOW_MS / 1000,
            newest.origin() == null ? "one address without an Origin" : newest.origin(),
            code),
        "mend "
            + code
            + " first; then wait longer after each failure, and start over only when the"
            + " connection was welcome for some seconds, as the client of this project does",
        "delay = random() * min(cap, base * 2 ** tries)",
        storm.size(),
        storm.stream().map(Tried::id).toList());
  }

  /** A page that opens without closing. */
  static @Nullable Finding severalOfOnePage(List<Open> open) {
    Map<String, List<Open>> byPage =
        open.stream()
            .filter(Open::fromPage)
            .collect(Collectors.groupingBy(one -> one.subject() + "|" + one.client()));
    List<Open> most = List.of();
    boolean together = false;
    for (List<Open> group : byPage.values()) {
      boolean isTogether = hasPairWithin(group, SAME_LOAD_MS);
      if ((isTogether || group.size() >= MANY_OF_ONE_PAGE) && group.size() > most.size()) {
        most = group;
        together = isTogether;
      }
    }
    if (most.isEmpty()) {
      return null;
    }
    return new Finding(
        "several_sockets_of_one_page",
        together ? Level.WARNING : Level.NOTE,
        "One page holds " + most.size() + " connections",
        together
            ? "Connections of "
                + most.get(0).subject()
                + " from one browser and origin were opened within "
                + SAME_LOAD_MS / 1000
                + " s of each other and are all open: React's StrictMode, a hot reload or an effect"
                + " without a cleanup"
            : most.get(0).subject()
                + " has them from one browser and origin: as many tabs, or a page that opens"
                + " without closing",
        "create one client for the page, outside of components, and close it in the effect's"
            + " cleanup",
        "useEffect(() => {\n  const client = createClient({ getToken });\n"
            + "  client.connect();\n  return () => client.close();\n}, []);",
        most.size(),
        most.stream().map(Open::id).toList());
  }

  private static boolean hasPairWithin(List<Open> group, long millis) {
    long[] times = group.stream().mapToLong(Open::openedAt).sorted().toArray();
    for (int i = 1; i < times.length; i++) {
      if (times[i] - times[i - 1] <= millis) {
        return true;
      }
    }
    return false;
  }

  /** Clients that do not read what they are sent. */
  static @Nullable Finding slowConsumers(List<Open> open, List<Closing> closings, long now) {
    List<Open> slow =
        open.stream()
            .filter(one -> one.oldestMs() >= SLOW_MS || one.queueShare() >= SLOW_SHARE)
            .toList();
    long closed =
        closings.stream()
            .filter(one -> one.code() == SLOW_CONSUMER && now - one.at() <= SLOW_WINDOW_MS)
            .count();
    if (slow.isEmpty() && closed == 0) {
      return null;
    }
    return new Finding(
        "slow_consumer",
        Level.WARNING,
        "A client reads more slowly than the server sends",
        String.format(
            "%d connections have frames that wait, %d were closed with 4510 in the last five minutes",
            slow.size(), closed),
        "send less or larger messages, do less in the page's message handler; the bounds are"
            + " DRAWBRIDGE_SEND_QUEUE_FRAMES, DRAWBRIDGE_SEND_QUEUE_BYTES, DRAWBRIDGE_SEND_TIMEOUT",
        null,
        slow.size() + (int) closed,
        slow.stream().map(Open::id).toList());
  }

  /** An issuer from the future: the leeway hides it until it does not. */
  static @Nullable Finding clockAhead(List<Tried> attempts) {
    List<Tried> ahead =
        attempts.stream().filter(one -> one.skewMs() != null && one.skewMs() > SKEW_MS).toList();
    if (ahead.isEmpty()) {
      return null;
    }
    long worst = ahead.stream().map(Tried::skewMs).mapToLong(Detectors::value).max().orElse(0);
    return new Finding(
        "clock_ahead",
        Level.NOTE,
        "The issuer's clock is ahead of this server's",
        String.format(
            "%d tokens were issued up to %d s in this server's future; the leeway forgave it",
            ahead.size(), worst / 1000),
        "set both clocks by NTP; a container's clock is that of its host or virtual machine",
        "timedatectl set-ntp true",
        ahead.size(),
        ahead.stream().map(Tried::id).toList());
  }

  private static long value(@Nullable Long number) {
    return number == null ? 0 : number;
  }

  /** Pings that are not answered in time. */
  static @Nullable Finding unreliableHeartbeat(Health health) {
    if (health.pingsSent() < MIN_PINGS || health.pingsInTime() >= RELIABLE * health.pingsSent()) {
      return null;
    }
    return new Finding(
        "heartbeat_unreliable",
        Level.NOTE,
        "Heartbeats are not answered in time",
        String.format(
            "%d of %d pings were answered in time", health.pingsInTime(), health.pingsSent()),
        "do no long work on the page's main thread, and let no proxy hold frames back",
        null,
        (int) Math.min(Integer.MAX_VALUE, health.pingsSent() - health.pingsInTime()),
        List.of());
  }

  /** The newest of each client, newest first. */
  static List<Tried> newestOfEach(List<Tried> attempts, Function<Tried, String> client) {
    return List.copyOf(
        attempts.stream()
            .collect(
                Collectors.toMap(
                    client,
                    Function.identity(),
                    (newer, older) -> newer,
                    java.util.LinkedHashMap::new))
            .values());
  }
}
