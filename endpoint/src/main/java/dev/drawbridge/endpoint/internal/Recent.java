package dev.drawbridge.endpoint.internal;

import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Gives one object for equal values that many connections have in common, such as the origin of a
 * page or the address of a proxy. Remembers at most {@value #SLOTS}; one that it has forgotten
 * costs its bytes again and nothing else. Thread-safe.
 *
 * @param <T> immutable, with {@code equals} and {@code hashCode}
 */
public final class Recent<T> {
  private static final int SLOTS = 64;

  private final AtomicReferenceArray<T> slots = new AtomicReferenceArray<>(SLOTS);

  /** An equal value, as often as possible the one of the last time. */
  public T shared(T value) {
    int slot = value.hashCode() & (SLOTS - 1);
    T known = slots.get(slot);
    if (value.equals(known)) {
      return known;
    }
    slots.set(slot, value);
    return value;
  }
}
