package dev.drawbridge.endpoint.internal.channels.log;

import dev.drawbridge.endpoint.internal.channels.subscription.Frame;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last entries of the log as this node has tailed them, with an index by channel. Bounded by
 * age, count and bytes, whichever is least. Only messages keep their frames; the other entries hold
 * their place. Owned by the tail thread.
 */
final class Window {

  /**
   * One message.
   *
   * @param seq its number
   * @param frame as every connection gets it
   */
  record Kept(long seq, Frame frame) {}

  /**
   * What a client has missed of some channels.
   *
   * @param frames in the order of the log; empty also when there are too many
   * @param tooMany there are more than may be replayed
   */
  record Missed(List<Frame> frames, int bytes, boolean tooMany) {}

  /** Numbers of one channel's messages, oldest first: a ring that grows and shrinks. */
  private static final class Numbers {
    private long[] ring = new long[2];
    private int first;
    private int size;

    private void add(long seq) {
      if (size == ring.length) {
        resize(size * 2);
      }
      ring[(first + size) % ring.length] = seq;
      size++;
    }

    private void removeFirst() {
      first = (first + 1) % ring.length;
      size--;
      if (ring.length > 8 && size < ring.length / 4) {
        resize(ring.length / 2);
      }
    }

    private long get(int i) {
      return ring[(first + i) % ring.length];
    }

    /** How many are above this one. */
    private int above(long seq) {
      int low = 0;
      int high = size;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (get(middle) > seq) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return size - low;
    }

    private void resize(int capacity) {
      long[] next = new long[capacity];
      for (int i = 0; i < size; i++) {
        next[i] = get(i);
      }
      ring = next;
      first = 0;
    }
  }

  private final long maxAgeNanos;
  private final int maxEntries;
  private final long maxBytes;

  private final Map<String, Numbers> channels = new HashMap<>();

  /** Places of the entries after {@link #start}; null where the entry is no message. */
  private @Nullable Frame[] frames = new Frame[64];

  /** When each was tailed, by {@link System#nanoTime}. */
  private long[] times = new long[64];

  private int first;
  private int size;
  private long start;
  private long bytes;

  Window(long maxAgeNanos, int maxEntries, long maxBytes) {
    this.maxAgeNanos = maxAgeNanos;
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
  }

  /** Forgets everything; the next entry comes after this one. */
  void restart(long seq) {
    channels.clear();
    frames = new Frame[64];
    times = new long[64];
    first = 0;
    size = 0;
    bytes = 0;
    start = seq;
  }

  /**
   * Adds the next entry.
   *
   * @param frame of a message, null for any other entry
   */
  void add(@Nullable Frame frame, long nowNanos) {
    if (size == frames.length) {
      grow();
    }
    int place = (first + size) % frames.length;
    frames[place] = frame;
    times[place] = nowNanos;
    size++;
    if (frame != null) {
      channels.computeIfAbsent(frame.channel(), name -> new Numbers()).add(start + size);
      bytes += frame.bytes();
    }
    trim(nowNanos);
  }

  /** Drops what is too old, too many or too much. */
  void trim(long nowNanos) {
    while (size > 0
        && (size > maxEntries || bytes > maxBytes || nowNanos - times[first] > maxAgeNanos)) {
      Frame frame = frames[first];
      frames[first] = null;
      first = (first + 1) % frames.length;
      size--;
      start++;
      if (frame != null) {
        bytes -= frame.bytes();
        Numbers numbers = channels.get(frame.channel());
        if (numbers != null) {
          numbers.removeFirst();
          if (numbers.size == 0) {
            channels.remove(frame.channel());
          }
        }
      }
    }
  }

  /** The position before the first entry: who is at or above it has missed nothing that is gone. */
  long start() {
    return start;
  }

  int entries() {
    return size;
  }

  long bytes() {
    return bytes;
  }

  /** Age of the oldest entry in nanoseconds, 0 when there is none. */
  long ageNanos(long nowNanos) {
    return size == 0 ? 0 : nowNanos - times[first];
  }

  /** Channels that have a message in it. */
  int channels() {
    return channels.size();
  }

  /**
   * The messages of some channels, merged by position.
   *
   * @param after for each channel, as the log calls it, the position that its reader has; none is
   *     below {@link #start}
   */
  Missed missed(Map<String, Long> after, int maxFrames, int maxFrameBytes) {
    int count = 0;
    for (Map.Entry<String, Long> one : after.entrySet()) {
      Numbers numbers = channels.get(one.getKey());
      count += numbers == null ? 0 : numbers.above(one.getValue());
      if (count > maxFrames) {
        return new Missed(List.of(), 0, true);
      }
    }
    List<Kept> kept = new ArrayList<>(count);
    after.forEach((channel, seq) -> collect(channels.get(channel), seq, kept));
    kept.sort(Comparator.comparingLong(Kept::seq));
    int total = 0;
    for (Kept one : kept) {
      total += one.frame.bytes();
      if (total > maxFrameBytes) {
        return new Missed(List.of(), 0, true);
      }
    }
    return new Missed(kept.stream().map(Kept::frame).toList(), total, false);
  }

  private void collect(@Nullable Numbers numbers, long after, Collection<Kept> into) {
    if (numbers == null) {
      return;
    }
    for (int i = numbers.size - numbers.above(after); i < numbers.size; i++) {
      long seq = numbers.get(i);
      Frame frame = frames[(first + (int) (seq - start) - 1) % frames.length];
      if (frame != null) {
        into.add(new Kept(seq, frame));
      }
    }
  }

  private void grow() {
    @Nullable Frame[] moreFrames = new Frame[size * 2];
    long[] moreTimes = new long[size * 2];
    for (int i = 0; i < size; i++) {
      moreFrames[i] = frames[(first + i) % size];
      moreTimes[i] = times[(first + i) % size];
    }
    frames = moreFrames;
    times = moreTimes;
    first = 0;
  }
}
