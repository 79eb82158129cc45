package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the log when what carries channels goes away, is slow, and comes back: once each, and only
 * what has lasted. For the thread of the tail alone.
 */
final class EngineWatch {
  private static final Logger log = LoggerFactory.getLogger(EngineWatch.class);

  /** How often it looks: {@value} ms. */
  static final long LOOK_MS = 1_000;

  /** A state that has not lasted so long is not worth a line: {@value} ms. */
  static final long LASTING_MS = 2_000;

  /** The same of one that is only slow: {@value} ms. */
  static final long SLOW_MS = 10_000;

  /** Warnings that were told; more are not. */
  private static final int MAX_WARNINGS = 16;

  private static final Pattern FIGURES = Pattern.compile("\\d+(?:[.,]\\d+)*");

  private final ClusterEngine engine;
  private final String node;
  private final Supplier<EngineHealth.State> state;

  /** What was told last; null before the first. */
  private EngineHealth.@Nullable State told;

  private long toldNanos;

  /** What was seen last, and since when. */
  private EngineHealth.@Nullable State seen;

  private long seenNanos;
  private long lookedNanos;

  /** It was told what the engine is. */
  private boolean introduced;

  /** Without their figures, which change from look to look. */
  private final Set<String> warned = new HashSet<>();

  /**
   * A watch that has told nothing yet.
   *
   * @param node id of this server
   * @param state as operators are shown it
   */
  EngineWatch(ClusterEngine engine, String node, Supplier<EngineHealth.State> state) {
    this.engine = engine;
    this.node = node;
    this.state = state;
  }

  /** Called from time to time, with {@link System#nanoTime}. */
  void tick(long nowNanos) {
    if (seen != null && nowNanos - lookedNanos < TimeUnit.MILLISECONDS.toNanos(LOOK_MS)) {
      return;
    }
    lookedNanos = nowNanos;
    EngineHealth.State now = state.get();
    if (now != seen) {
      seen = now;
      seenNanos = nowNanos;
    }
    if (now != told && nowNanos - seenNanos >= patience(now)) {
      tell(now);
      told = now;
      toldNanos = seenNanos;
    }
    if (now == EngineHealth.State.UP) {
      warn();
    }
  }

  private long patience(EngineHealth.State now) {
    if (now == EngineHealth.State.UP && !introduced) {
      return 0;
    }
    return TimeUnit.MILLISECONDS.toNanos(now == EngineHealth.State.BEHIND ? SLOW_MS : LASTING_MS);
  }

  private void tell(EngineHealth.State now) {
    String reason = engine.health().reason();
    switch (now) {
      case DOWN ->
          log.warn(
              "the engine of the channels is out of reach, and publishes are refused: {}",
              reason == null ? "no reason known" : reason);
      case BEHIND ->
          log.warn(
              "the engine of the channels is slow: {}",
              reason == null
                  ? "an append took " + engine.health().lagMillis() + " ms to come back"
                  : reason);
      case UP -> {
        if (!introduced) {
          introduced = true;
          EngineInfo info = engine.describe();
          log.info("channels are carried by {} {}, node {}", info.engine(), info.version(), node);
        } else {
          log.info(
              "the engine of the channels is reached and keeps up again, after {} s",
              TimeUnit.NANOSECONDS.toSeconds(seenNanos - toldNanos));
        }
      }
    }
  }

  /** What somebody should look at; another server may answer after a reconnect. */
  private void warn() {
    for (String warning : engine.describe().warnings()) {
      if (warned.size() < MAX_WARNINGS && warned.add(FIGURES.matcher(warning).replaceAll("0"))) {
        log.warn("the engine of the channels needs a look: {}", warning);
      }
    }
  }
}
