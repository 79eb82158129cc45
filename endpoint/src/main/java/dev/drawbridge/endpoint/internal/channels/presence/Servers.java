package dev.drawbridge.endpoint.internal.channels.presence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.endpoint.cluster.Lease;
import dev.drawbridge.endpoint.cluster.Roster;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The servers of a deployment as this one knows them: for people who look, nothing depends on it.
 * Those that have gone are remembered for a while. Thread-safe.
 */
public final class Servers {
  /** How long one that has gone is shown: {@value} ms. */
  public static final long REMEMBERED_MS = 600_000;

  /** Most that are known at once: {@value}. */
  static final int MAX = 2 * Lease.MAX_LISTED;

  /** Two beats may take longer than usual. */
  private static final long LATE_MS = 2 * Roster.BEAT_MS + 2_000;

  private static final int MAX_NAME = 64;

  /** The last moment that a date of ECMAScript can be, in milliseconds. */
  private static final long MAX_NUMBER = 8_640_000_000_000_000L;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  /** What can be said of another server. */
  public enum State {
    /** It is this one. */
    HERE,
    /** It has renewed its lease in time. */
    UP,
    /** Its lease holds, but it should have been renewed by now. */
    LATE,
    /** Its lease has ended. */
    GONE,
    /** This server has not reached the engine lately. */
    UNKNOWN
  }

  /**
   * What a server tells of itself.
   *
   * @param host its name in its network
   * @param pid its process there
   * @param version of Drawbridge; null when it is not known
   * @param startedAt epoch milliseconds by its own clock
   * @param connections open ones, when it last told
   */
  public record About(
      @Nullable String host,
      @Nullable Long pid,
      @Nullable String version,
      @Nullable Long startedAt,
      @Nullable Long connections) {
    private static final About NOTHING = new About(null, null, null, null, null);
  }

  /**
   * One server.
   *
   * @param node its id
   * @param seenAt when it last renewed its lease, in epoch milliseconds by this server's clock
   */
  public record Server(String node, State state, long seenAt, About about) {}

  /** One that was in the roster. */
  private record Seen(long at, About about, boolean gone) {}

  private final String node;
  private final LongSupplier clock;

  /** By node. Guarded by this, as all below. */
  private final Map<String, Seen> others = new HashMap<>();

  private About self = About.NOTHING;
  private IntSupplier connections = () -> 0;

  /** When this server last looked; it was started then, or before. */
  private long lookedAt;

  /** Of this node alone, until the roster is seen. */
  public Servers(String node, LongSupplier clock) {
    this.node = node;
    this.clock = clock;
    this.lookedAt = clock.getAsLong();
  }

  /** Says who this one is; called before the start. */
  public synchronized void here(About about, IntSupplier openConnections) {
    self = about;
    connections = openConnections;
  }

  /** This server in the words of {@link Roster#about}. */
  String about() {
    About now = now();
    ObjectNode json = JSON.createObjectNode();
    json.put("host", cut(now.host));
    json.put("pid", now.pid);
    json.put("version", cut(now.version));
    json.put("startedAt", now.startedAt);
    json.put("connections", now.connections);
    try {
      String text = JSON.writeValueAsString(json);
      return text.length() <= Lease.MAX_ABOUT ? text : "{}";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("five values are no JSON", e);
    }
  }

  private About now() {
    About known;
    IntSupplier open;
    synchronized (this) {
      known = self;
      open = connections;
    }
    return new About(known.host, known.pid, known.version, known.startedAt, (long) open.getAsInt());
  }

  private static @Nullable String cut(@Nullable String text) {
    return text == null || text.length() <= MAX_NAME ? text : text.substring(0, MAX_NAME);
  }

  /** The roster has been looked at; called after each beat. */
  synchronized void seen(List<Lease> leases) {
    long now = clock.getAsLong();
    lookedAt = now;
    Set<String> there = new HashSet<>();
    for (Lease lease : leases) {
      there.add(lease.node());
      if (!lease.node().equals(node) && (others.containsKey(lease.node()) || others.size() < MAX)) {
        long at = now - Math.max(0, Roster.LEASE_MS - Math.max(0, lease.leftMillis()));
        others.put(lease.node(), new Seen(at, read(lease.about()), lease.leftMillis() <= 0));
      }
    }
    others.replaceAll(
        (id, seen) -> there.contains(id) ? seen : new Seen(seen.at, seen.about, true));
    others.values().removeIf(seen -> seen.gone && now - seen.at > REMEMBERED_MS);
  }

  /** Another release, or somebody else, may have written anything there. */
  private static About read(@Nullable String text) {
    if (text == null || text.length() > Lease.MAX_ABOUT) {
      return About.NOTHING;
    }
    try {
      JsonNode json = JSON.readTree(text);
      return new About(
          word(json.path("host")),
          number(json.path("pid")),
          word(json.path("version")),
          number(json.path("startedAt")),
          number(json.path("connections")));
    } catch (JsonProcessingException e) {
      return About.NOTHING;
    }
  }

  private static @Nullable String word(JsonNode value) {
    return value.isTextual() ? cut(value.asText()) : null;
  }

  /** What a page can show as a number or a date, or null. */
  private static @Nullable Long number(JsonNode value) {
    boolean fits = value.isIntegralNumber() && value.canConvertToLong();
    long number = value.asLong();
    return fits && number >= 0 && number <= MAX_NUMBER ? number : null;
  }

  /** This one first, then those that are there by the time of their start, then those gone. */
  public List<Server> list() {
    About about = now();
    List<Server> all = new ArrayList<>();
    synchronized (this) {
      long now = clock.getAsLong();
      boolean knows = now - lookedAt <= LATE_MS;
      others.forEach(
          (id, seen) -> all.add(new Server(id, state(seen, now, knows), seen.at, seen.about)));
      all.sort(
          Comparator.<Server>comparingInt(one -> one.state == State.GONE ? 1 : 0)
              .thenComparingLong(
                  one -> one.about.startedAt == null ? Long.MAX_VALUE : one.about.startedAt)
              .thenComparing(Server::node));
      all.add(0, new Server(node, State.HERE, now, about));
    }
    return all;
  }

  private static State state(Seen seen, long now, boolean knows) {
    if (seen.gone) {
      return State.GONE;
    }
    if (!knows) {
      return State.UNKNOWN;
    }
    return now - seen.at > LATE_MS ? State.LATE : State.UP;
  }
}
