package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.cluster.ChannelSource;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.ChannelConfig;
import dev.drawbridge.endpoint.internal.channels.HubReadings;
import dev.drawbridge.endpoint.internal.channels.log.ChannelFigures;
import dev.drawbridge.endpoint.internal.channels.log.ChannelLog;
import dev.drawbridge.endpoint.internal.channels.presence.Places;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings.Resume;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What channels have seen lately, without a reference to anything that lives. Immutable.
 *
 * @param alone the log is this server's memory
 * @param state of the engine, as it says and as this server sees it
 * @param health of the engine, as it says
 * @param sinceMs how long it is in that state
 * @param info what it runs on
 * @param behind entries of the log that this server has not tailed
 * @param clockAheadMs how far the engine's clock is ahead of this server's
 * @param resumes what became of the last ones
 * @param reset the last lost continuity, null when there was none lately
 * @param resets how many since the start
 * @param leaseLost the engine's words, null when no lease was lost lately
 * @param leasesLost how many since the start
 * @param withoutRule channels that were asked for lately, and how often
 * @param prefixes that have a rule
 * @param sources what brings messages from elsewhere
 * @param config the limits
 * @param window what can be replayed
 * @param windowAgeMs age of its oldest entry
 * @param limitAlone why users' connections count on this server alone though they are to count on
 *     all; null while they do, and where they need not
 */
public record ChannelSightings(
    boolean alone,
    EngineHealth.State state,
    EngineHealth health,
    long sinceMs,
    EngineInfo info,
    long behind,
    long clockAheadMs,
    Map<Resume, Integer> resumes,
    @Nullable Ago<ResetReason> reset,
    long resets,
    @Nullable Ago<String> leaseLost,
    long leasesLost,
    Map<String, Integer> withoutRule,
    List<String> prefixes,
    List<ChannelSource.State> sources,
    ChannelConfig config,
    ChannelLog.WindowState window,
    long windowAgeMs,
    @Nullable Ago<String> limitAlone) {

  /** Older than this explains nothing any more: {@value} ms. */
  static final long RECENT_MS = 5 * 60_000;

  private static final long RECENT_NANOS = TimeUnit.MILLISECONDS.toNanos(RECENT_MS);

  /** Something that was so long ago. */
  public record Ago<T>(T what, long ms) {}

  /** Copies what could change. */
  public ChannelSightings {
    resumes = Map.copyOf(resumes);
    withoutRule = Map.copyOf(withoutRule);
    prefixes = List.copyOf(prefixes);
    sources = List.copyOf(sources);
  }

  /** Looks at the channels of an endpoint. */
  static ChannelSightings of(HubReadings channels, long nowMillis) {
    ChannelFigures figures = channels.figures();
    EngineHealth health = channels.health();
    List<String> prefixes = new ArrayList<>();
    channels.prefixes().forEach(prefixes::add);
    return new ChannelSightings(
        channels.isAlone(),
        channels.state(),
        health,
        Math.max(0, nowMillis - health.since().toEpochMilli()),
        channels.describe(),
        channels.behind(),
        channels.clockAheadMillis(),
        figures.recentResumes(RECENT_NANOS),
        lately(figures.lastReset()),
        figures.resets(),
        lately(figures.lastLeaseLost()),
        figures.leasesLost(),
        figures.withoutRule(RECENT_NANOS),
        prefixes,
        channels.sources(),
        channels.config(),
        channels.window(),
        channels.window().entries() == 0
            ? 0
            : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - channels.window().oldestNanos()),
        alone(channels.places()));
  }

  private static @Nullable Ago<String> alone(Places places) {
    String why = places.failure();
    return why == null ? null : new Ago<>(why, places.aloneMillis());
  }

  private static <T> @Nullable Ago<T> lately(ChannelFigures.@Nullable Last<T> last) {
    if (last == null) {
      return null;
    }
    long ago = System.nanoTime() - last.nanos();
    return ago > RECENT_NANOS ? null : new Ago<>(last.what(), TimeUnit.NANOSECONDS.toMillis(ago));
  }
}
