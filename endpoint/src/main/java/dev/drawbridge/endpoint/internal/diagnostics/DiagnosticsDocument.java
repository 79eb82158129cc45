package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbHealth;
import dev.drawbridge.db.DbMetrics;
import dev.drawbridge.db.user.UserDirectoryStats;
import dev.drawbridge.endpoint.HeartbeatStats;
import dev.drawbridge.endpoint.internal.Finding;
import dev.drawbridge.endpoint.internal.Finding.Level;
import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.endpoint.internal.channels.HubReadings;
import dev.drawbridge.endpoint.internal.connection.CloseLog;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.server.EndpointRuntime;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.cors.CorsCounters;
import dev.drawbridge.filters.cors.rules.OriginPolicy;
import dev.drawbridge.filters.jwt.token.TokenCacheStats;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.ServletContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the diagnostics page shows, as one JSON document. Thread-safe; each call looks
 * anew. PROTOCOL.md section 10.
 */
public final class DiagnosticsDocument {
  /** Attempts that are shown: {@value}. */
  public static final int ATTEMPTS = 100;

  /** Connections that are shown, the newest: {@value}. */
  public static final int CONNECTIONS = 100;

  /** Servers of the deployment that are shown: {@value}. */
  public static final int SERVERS = 100;

  /** How far the charts reach back. */
  public static final Duration TREND = Duration.ofMillis(Trend.SAMPLES * Trend.PERIOD_MS);

  private static final int VERSION = 1;
  private static final int MICROS = 1000;

  private final EndpointRuntime core;
  private final Witness witness;
  private final Trend trend;
  private final ServletContext context;
  private final long startedAt;

  DiagnosticsDocument(EndpointRuntime core, Witness witness, Trend trend, ServletContext context) {
    this.core = core;
    this.witness = witness;
    this.trend = trend;
    this.context = context;
    this.startedAt = core.clock().millis();
  }

  /**
   * The members in the order in which a reader wants them.
   *
   * @param endpointPath the path that is upgraded, with the context path
   */
  Map<String, Object> members(String endpointPath) {
    List<Attempt> attempts = runtime().attempts().newest(ATTEMPTS);
    List<ServerConnection> links =
        core.connections().links().stream()
            .sorted(Comparator.comparing(ServerConnection::openedAt).reversed())
            .toList();
    @Nullable Database database = runtime().database();
    @Nullable DbHealth health = database == null ? null : database.health();
    @Nullable DbMetrics pool = database == null ? null : database.metrics();
    Sightings seen = sightings(endpointPath, attempts, links, health, pool);
    Verdict verdict = Verdict.of(seen);

    Map<String, Object> all = new LinkedHashMap<>();
    all.put("verdict", verdict.toMap());
    all.put("findings", verdict.findings().stream().map(Finding::toMap).toList());
    all.put("server", server(endpointPath));
    all.put("trend", trend.toMap());
    all.put(
        "attempts",
        attempts.stream().map(attempt -> AttemptView.full(attempt, endpointPath)).toList());
    all.put("attemptsTotal", runtime().attempts().total());
    all.put("connections", connections(links.stream().limit(CONNECTIONS).toList()));
    all.put("connectionsTotal", links.size());
    all.put("disabled", new TreeSet<>(witness.disabled()));
    all.put("heartbeat", heartbeat());
    all.put("cluster", ClusterView.of(core.channels().readings()));
    all.put("closes", closes());
    all.put("database", database(health, pool));
    all.put("users", users());
    all.put("tokens", tokens());
    all.put("origins", origins());
    all.put("settings", settings());
    return all;
  }

  /** The whole document. */
  Map<String, Object> document(String endpointPath) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("version", VERSION);
    all.put("serverTime", core.clock().millis());
    all.putAll(members(endpointPath));
    return all;
  }

  private List<Map<String, Object>> connections(List<ServerConnection> shown) {
    HubReadings channels = core.channels().readings();
    Map<String, List<String>> names =
        channels.channelsOf(
            shown.stream().flatMap(link -> Stream.ofNullable(link.subscribed())).toList());
    return shown.stream()
        .map(
            link ->
                ConnectionView.of(
                    link,
                    link.subscribed() == null ? List.of() : names.get(link.id()),
                    channels.position()))
        .toList();
  }

  private DrawbridgeRuntime runtime() {
    return core.runtime();
  }

  private Sightings sightings(
      String endpointPath,
      List<Attempt> attempts,
      List<ServerConnection> links,
      @Nullable DbHealth health,
      @Nullable DbMetrics pool) {
    HeartbeatStats beats = core.heartbeat();
    boolean down = health != null && health.status() == DbHealth.Status.DOWN;
    String reason = health == null || health.reason() == null ? "no reason known" : health.reason();
    return new Sightings(
        core.clock().millis(),
        endpointPath,
        attempts.stream().map(AttemptView::tried).toList(),
        witness.closings(),
        links.stream().map(link -> ConnectionView.open(link, core.config())).toList(),
        warnings(),
        new Sightings.Health(
            down ? reason : null,
            pool == null ? 0 : pool.waiting(),
            pool == null ? 0 : pool.max(),
            core.connections().isDraining(),
            beats.pingsSent(),
            beats.answeredInTime(),
            core.config().heartbeatInterval().toSeconds()),
        ChannelSightings.of(core.channels().readings(), core.clock().millis()));
  }

  /** Of the set-up, and what a setting costs. */
  private List<Finding> warnings() {
    List<Finding> all = new ArrayList<>();
    core.setUp().warnings().forEach(warning -> all.add(warning.finding()));
    if (!core.authenticator().looksUsersUp()) {
      all.add(
          new Finding(
              "users_of_tokens",
              Level.NOTE,
              "Whoever has a good token is a user",
              "DRAWBRIDGE_USERS is token: one who is disabled at the provider stays connected and"
                  + " comes back until the token expires",
              "let the provider's tokens live for minutes, revoke through Revocations, or set"
                  + " DRAWBRIDGE_USERS=both and keep those in a table whom you may have to shut"
                  + " out",
              null,
              1,
              List.of()));
    }
    return all;
  }

  private Map<String, Object> server(String endpointPath) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("mode", core.config().mode().word());
    map.put("path", endpointPath);
    map.put("startedAt", startedAt);
    map.put("draining", core.connections().isDraining());
    map.put("types", core.endpoint().types());
    map.put("container", context.getServerInfo());
    TransportChoice transport = core.transport();
    Map<String, @Nullable String> way = new LinkedHashMap<>();
    way.put("way", transport.way());
    way.put("why", transport.why());
    way.put("weaker", transport.weaker());
    way.put("quicker", transport.quicker());
    map.put("transport", way);
    map.put("java", Runtime.version().toString());
    map.put("devTokens", core.authenticator().devTokens().isAvailable());
    map.put("keysReady", core.authenticator().isReady());
    Map<String, Object> limits = Protocol.limits(core.config());
    limits.put("connectionsMax", core.config().connectionsMax());
    map.put("limits", limits);
    return map;
  }

  private Map<String, Object> heartbeat() {
    HeartbeatStats beats = core.heartbeat();
    Map<String, Object> map = Protocol.heartbeat(core.config());
    map.put("idleTimeoutMs", core.config().idleTimeout().toMillis());
    map.put("pingsSent", beats.pingsSent());
    map.put("answeredInTime", beats.answeredInTime());
    map.put("answeredLate", beats.answeredLate());
    OptionalDouble reliability = beats.reliability();
    map.put("reliability", reliability.isPresent() ? reliability.getAsDouble() : null);
    return map;
  }

  private List<Map<String, Object>> closes() {
    List<Map<String, Object>> rows = new ArrayList<>();
    witness
        .kinds()
        .forEach(
            (kind, count) -> {
              Map<String, Object> row = new LinkedHashMap<>();
              row.put("code", kind.code());
              row.put("reason", kind.reason());
              row.put("by", kind.by().word());
              row.put("count", count);
              row.put("meaning", CloseLog.meaning(kind.code()));
              row.put("fix", CloseLog.fix(kind.code(), kind.reason()));
              rows.add(row);
            });
    return rows;
  }

  private static @Nullable Map<String, Object> database(
      @Nullable DbHealth health, @Nullable DbMetrics pool) {
    if (health == null || pool == null) {
      return null;
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("status", health.status().name().toLowerCase(java.util.Locale.ROOT));
    map.put("reason", health.reason());
    map.put("since", health.since().toEpochMilli());
    map.put("active", pool.active());
    map.put("idle", pool.idle());
    map.put("waiting", pool.waiting());
    map.put("max", pool.max());
    map.put("openSessions", pool.openSessions());
    map.put("acquired", pool.acquired());
    map.put(
        "meanAcquireMicros",
        pool.acquired() == 0 ? null : pool.acquireTime().toNanos() / MICROS / pool.acquired());
    map.put("busy", pool.busy());
    map.put("unavailable", pool.unavailable());
    map.put("leaks", pool.leaks());
    return map;
  }

  private Map<String, Object> users() {
    UserDirectoryStats stats = core.users().stats();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("cached", stats.users());
    map.put("absent", stats.absent());
    map.put("hits", stats.hits());
    map.put("loads", stats.loads());
    map.put("loadFailures", stats.loadFailures());
    map.put("staleAnswers", stats.staleAnswers());
    map.put("unavailable", stats.unavailable());
    map.put("invalidations", stats.invalidations());
    map.put("loading", stats.loading());
    map.put("sourceAway", stats.sourceAway());
    return map;
  }

  private Map<String, Object> tokens() {
    TokenCacheStats stats = core.authenticator().tokenCache();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("cached", stats.size());
    map.put("hits", stats.hits());
    map.put("misses", stats.misses());
    return map;
  }

  private @Nullable Map<String, Object> origins() {
    Map<String, Object> map = new LinkedHashMap<>();
    if (context.getAttribute(OriginPolicy.class.getName()) instanceof OriginPolicy policy) {
      map.put("allowed", policy.allowed());
    }
    if (context.getAttribute(CorsCounters.class.getName()) instanceof CorsCounters counters) {
      map.put("requestsAllowed", counters.allowed());
      map.put("preflights", counters.preflights());
      Map<String, Object> refused = new LinkedHashMap<>();
      counters
          .refused()
          .forEach(
              (reason, count) -> {
                if (count > 0) {
                  refused.put(reason, count);
                }
              });
      map.put("requestsRefused", refused);
    }
    return map.isEmpty() ? null : map;
  }

  private List<Map<String, Object>> settings() {
    Settings settings = runtime().settings();
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("name", setting.variable());
      row.put("value", settings.shown(setting));
      row.put("source", settings.source(setting).toString());
      row.put("meaning", setting.meaning());
      rows.add(row);
    }
    return rows;
  }
}
