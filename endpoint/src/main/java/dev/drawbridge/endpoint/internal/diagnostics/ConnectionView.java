package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.connection.ConnectionMonitor;
import dev.drawbridge.endpoint.internal.connection.LastResume;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Open;
import dev.drawbridge.endpoint.internal.send.FrameLog;
import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.attempt.AttemptFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An open connection as the diagnostics page shows it. Stateless. PROTOCOL.md section 10. */
final class ConnectionView {
  private static final long NANOS_PER_MICRO = 1_000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private ConnectionView() {}

  /**
   * One connection.
   *
   * @param channels what it is subscribed to, null when that is not known
   * @param position where the log was when they were asked for, null when it is not open
   */
  static Map<String, Object> of(
      ServerConnection link, @Nullable List<String> channels, @Nullable Position position) {
    ConnectionMonitor monitor = link.monitor();
    AttemptFacts facts = facts(link);
    long roundTrip = monitor == null ? 0 : monitor.roundTripNanos();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("id", link.id());
    Attempt attempt = link.attempt();
    map.put("attempt", attempt == null ? null : attempt.id());
    map.put("subject", link.subject());
    map.put("displayName", link.credential().user().displayName());
    map.put("openedAt", link.openedAt().toEpochMilli());
    map.put("tokenExpiresAt", link.credential().expiresAt().toEpochMilli());
    map.put("origin", facts == null ? null : facts.origin());
    map.put("page", facts == null ? null : facts.page());
    map.put("remote", link.address());
    map.put("userAgent", facts == null ? null : facts.userAgent());
    map.put("client", facts == null ? null : facts.client());
    map.put("transport", attempt == null ? null : attempt.transport());
    map.put("roundTripMicros", roundTrip == 0 ? null : roundTrip / NANOS_PER_MICRO);
    map.put("queueFrames", link.pending());
    map.put("queueBytes", monitor == null ? 0 : monitor.outgoing().queuedBytes());
    map.put("oldestMs", oldestMs(monitor));
    map.put("handling", link.isHandling());
    map.put("channels", channels);
    map.put("cursor", cursor(link, channels, position));
    map.put("lastResume", lastResume(link.lastResume()));
    map.put("frames", frames(link));
    return map;
  }

  /** Up to where everything is written; null where frames wait, and without channels. */
  private static @Nullable Map<String, Object> cursor(
      ServerConnection link, @Nullable List<String> channels, @Nullable Position position) {
    // What is at or below the position was in the queue before the position was read.
    return position == null || channels == null || channels.isEmpty() || link.pending() > 0
        ? null
        : position(position);
  }

  private static Map<String, Object> position(Position position) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("epoch", position.epoch());
    map.put("seq", position.seq());
    return map;
  }

  private static @Nullable Map<String, Object> lastResume(@Nullable LastResume last) {
    if (last == null) {
      return null;
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("at", last.at());
    map.put("resumed", last.why() == null);
    map.put("reason", last.why() == null ? null : last.why().word());
    map.put("from", position(last.from()));
    map.put("position", position(last.position()));
    map.put("replayed", last.replayed());
    return map;
  }

  private static long oldestMs(@Nullable ConnectionMonitor monitor) {
    return monitor == null
        ? 0
        : monitor.outgoing().oldestNanos(System.nanoTime()) / NANOS_PER_MILLI;
  }

  private static @Nullable AttemptFacts facts(ServerConnection link) {
    Attempt attempt = link.attempt();
    return attempt == null ? null : attempt.facts();
  }

  private static List<Map<String, Object>> frames(ServerConnection link) {
    List<Map<String, Object>> rows = new ArrayList<>();
    FrameLog log = link.frameLog();
    if (log != null) {
      for (FrameLog.Frame frame : log.newest()) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("at", frame.at());
        row.put("direction", frame.incoming() ? "in" : "out");
        row.put("type", frame.type());
        row.put("id", frame.id());
        row.put("bytes", frame.bytes());
        row.put("code", frame.code());
        rows.add(row);
      }
    }
    return rows;
  }

  /** What the detectors look at. */
  static Open open(ServerConnection link, EndpointConfig config) {
    ConnectionMonitor monitor = link.monitor();
    double frames = (double) link.pending() / config.sendQueueFrames();
    double bytes =
        monitor == null ? 0 : (double) monitor.outgoing().queuedBytes() / config.sendQueueBytes();
    AttemptFacts facts = facts(link);
    return new Open(
        link.id(),
        link.subject(),
        facts == null ? link.address() : AttemptView.client(facts),
        link.origin() != null,
        link.openedAt().toEpochMilli(),
        Math.max(frames, bytes),
        oldestMs(monitor));
  }
}
