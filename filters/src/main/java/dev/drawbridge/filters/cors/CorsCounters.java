package dev.drawbridge.filters.cors;

import dev.drawbridge.filters.cors.rules.OriginReason;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many requests the origin rule let through and refused, since the start. Thread-safe. A
 * servlet context attribute under the name of this class.
 */
public final class CorsCounters {
  private final LongAdder allowed = new LongAdder();
  private final LongAdder preflights = new LongAdder();
  private final Map<OriginReason, LongAdder> refused = new EnumMap<>(OriginReason.class);

  CorsCounters() {
    for (OriginReason reason : OriginReason.values()) {
      refused.put(reason, new LongAdder());
    }
  }

  void countAllowed() {
    allowed.increment();
  }

  void countPreflight() {
    preflights.increment();
  }

  void countRefused(OriginReason reason) {
    adder(reason).increment();
  }

  private LongAdder adder(OriginReason reason) {
    LongAdder adder = refused.get(reason);
    if (adder == null) {
      throw new IllegalStateException("every reason has its counter: " + reason);
    }
    return adder;
  }

  /** Requests of an allowed origin, preflights included. */
  public long allowed() {
    return allowed.sum();
  }

  /** Preflights of an allowed origin. */
  public long preflights() {
    return preflights.sum();
  }

  /** Requests refused for a reason. */
  public long refused(OriginReason reason) {
    return adder(reason).sum();
  }

  /** Requests refused, by the word of the reason; reasons that did not occur are in it with 0. */
  public Map<String, Long> refused() {
    Map<String, Long> counts = new LinkedHashMap<>();
    refused.forEach((reason, adder) -> counts.put(reason.word(), adder.sum()));
    return counts;
  }
}
