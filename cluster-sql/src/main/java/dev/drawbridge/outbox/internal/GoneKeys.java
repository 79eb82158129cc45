package dev.drawbridge.outbox.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Keys of rows that are gone, until nobody can bring these rows again: then the engine need not
 * know them. Takes 16 bytes for each. For one thread.
 */
final class GoneKeys {
  /** Keys of one bundle, as many as the engine forgets in one call: {@value}. */
  static final int BUNDLE = 256;

  /** A bundle that waits longer than this for more keys is full. */
  private static final long OPEN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final long keepNanos;
  private final long leastNanos;
  private final long mostNanos;
  private final int maxBundles;
  private final ArrayDeque<Bundle> bundles = new ArrayDeque<>();

  private static final class Bundle {
    final long firstNanos;
    final long[] ids = new long[BUNDLE];
    final long[] stamps = new long[BUNDLE];
    long lastNanos;
    int count;

    Bundle(long nanos) {
      firstNanos = nanos;
    }
  }

  /**
   * None.
   *
   * @param keepNanos how old a key is when it is due
   * @param leastNanos how old it must be at the least when there are too many
   * @param mostNanos older ones the engine has forgotten by itself
   * @param maxBundles how many bundles are held
   */
  GoneKeys(long keepNanos, long leastNanos, long mostNanos, int maxBundles) {
    this.keepNanos = keepNanos;
    this.leastNanos = leastNanos;
    this.mostNanos = mostNanos;
    this.maxBundles = maxBundles;
  }

  void add(long nowNanos, long id, long stamp) {
    Bundle last = bundles.peekLast();
    if (last == null || last.count == BUNDLE || nowNanos - last.firstNanos > OPEN_NANOS) {
      if (bundles.size() > maxBundles && nowNanos - bundles.element().lastNanos < leastNanos) {
        // Too many, and too young to be forgotten: the engine's own time ends them.
        bundles.remove();
      }
      last = new Bundle(nowNanos);
      bundles.add(last);
    }
    last.ids[last.count] = id;
    last.stamps[last.count] = stamp;
    last.count++;
    last.lastNanos = nowNanos;
  }

  /** The oldest bundle, if it is due; empty when none is. */
  List<String> due(long nowNanos) {
    Bundle oldest = bundles.peek();
    while (oldest != null && nowNanos - oldest.lastNanos > mostNanos) {
      bundles.remove();
      oldest = bundles.peek();
    }
    if (oldest == null || !isDue(nowNanos - oldest.lastNanos)) {
      return List.of();
    }
    bundles.remove();
    List<String> keys = new ArrayList<>(oldest.count);
    for (int i = 0; i < oldest.count; i++) {
      keys.add(Waiting.key(oldest.ids[i], oldest.stamps[i]));
    }
    return keys;
  }

  private boolean isDue(long ageNanos) {
    boolean tooMany = bundles.size() > maxBundles;
    return ageNanos > keepNanos || (tooMany && ageNanos > leastNanos);
  }

  int bundles() {
    return bundles.size();
  }
}
