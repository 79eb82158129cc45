package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.ChannelConfig;
import dev.drawbridge.endpoint.internal.channels.HubReadings;
import dev.drawbridge.endpoint.internal.channels.log.ChannelLog.WindowState;
import dev.drawbridge.endpoint.internal.channels.presence.Places;
import dev.drawbridge.endpoint.internal.channels.presence.Servers;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings.Publish;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings.Resume;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Channels and what carries them, as the diagnostics page shows it. PROTOCOL.md section 10. */
final class ClusterView {
  /** From {@link System#nanoTime} to epoch milliseconds, so that one moment has one name. */
  private static final long OFFSET_MS =
      System.currentTimeMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime());

  private ClusterView() {}

  static Map<String, Object> of(HubReadings channels) {
    EngineInfo info = channels.describe();
    EngineHealth health = channels.health();
    Position position = channels.position();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("status", channels.cluster());
    map.put("engine", info.engine());
    map.put("version", info.version());
    map.put("persistence", info.persistence());
    map.put("eviction", info.eviction());
    map.put("wake", info.wake());
    map.put("warnings", info.warnings());
    map.put("node", channels.node().id());
    map.put("nodes", channels.nodes());
    List<Servers.Server> servers = channels.servers();
    map.put(
        "servers",
        servers.stream().limit(DiagnosticsDocument.SERVERS).map(ClusterView::server).toList());
    map.put("serversTotal", servers.size());
    map.put("epoch", position == null ? null : position.epoch());
    map.put("seq", position == null ? null : position.seq());
    map.put("head", health.head() == null ? null : health.head().top());
    map.put("lagMs", health.lagMillis());
    map.put("since", health.since().toEpochMilli());
    map.put("reason", health.reason());
    map.put("window", window(channels.window(), channels.config()));
    map.put("appends", appends(channels));
    map.put("resumes", resumes(channels));
    map.put("resets", resets(channels));
    List<String> prefixes = new ArrayList<>();
    channels.prefixes().forEach(prefixes::add);
    map.put("rules", prefixes);
    map.put("channels", channels.channels());
    map.put("subscriptions", channels.subscriptions());
    map.put("deliveries", channels.deliveries());
    map.put("members", channels.presenceMembers());
    map.put("places", places(channels.places()));
    return map;
  }

  private static Map<String, Object> server(Servers.Server server) {
    Servers.About about = server.about();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("node", server.node());
    map.put("state", server.state().name().toLowerCase(Locale.ROOT));
    // Now, of this server: each look would be a change.
    map.put("seenAt", server.state() == Servers.State.HERE ? null : server.seenAt());
    map.put("host", about.host());
    map.put("pid", about.pid());
    map.put("version", about.version());
    map.put("startedAt", about.startedAt());
    map.put("connections", about.connections());
    return map;
  }

  private static Map<String, Object> window(WindowState window, ChannelConfig config) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("entries", window.entries());
    map.put("bytes", window.bytes());
    map.put("channels", window.channels());
    map.put(
        "oldestAt",
        window.entries() == 0
            ? null
            : OFFSET_MS + TimeUnit.NANOSECONDS.toMillis(window.oldestNanos()));
    map.put("maxEntries", config.windowMessages());
    map.put("maxBytes", config.windowBytes());
    map.put("maxAgeMs", config.window().toMillis());
    return map;
  }

  /** Where connections of users count, and how many have a place here. */
  private static Map<String, Object> places(Places places) {
    Map<String, Object> map = new LinkedHashMap<>();
    boolean all = places.limit() > 0;
    map.put("scope", all ? "cluster" : "node");
    map.put("perUser", all ? places.limit() : null);
    map.put("here", all ? places.size() : null);
    map.put("counting", all ? places.isCounting() : null);
    map.put("alone", places.failure());
    return map;
  }

  private static Map<String, Object> appends(HubReadings channels) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("ok", channels.publishes(Publish.OK));
    map.put("duplicate", channels.publishes(Publish.DUPLICATE));
    map.put("unavailable", channels.publishes(Publish.ENGINE_UNAVAILABLE));
    map.put("unknown", channels.publishes(Publish.PUBLISH_UNKNOWN));
    map.put("waiting", channels.waiting());
    return map;
  }

  /** Only the reasons that there were. */
  private static Map<String, Object> resumes(HubReadings channels) {
    Map<String, Object> failed = new LinkedHashMap<>();
    for (Resume one : Resume.values()) {
      if (one != Resume.RESUMED && channels.resumes(one) > 0) {
        failed.put(one.reason(), channels.resumes(one));
      }
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("resumed", channels.resumes(Resume.RESUMED));
    map.put("failed", failed);
    map.put("replayed", channels.replayed());
    return map;
  }

  private static Map<String, Object> resets(HubReadings channels) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (ResetReason reason : ResetReason.values()) {
      if (channels.resets(reason) > 0) {
        map.put(reason.word(), channels.resets(reason));
      }
    }
    return map;
  }
}
