package dev.drawbridge.endpoint.internal.send;

import dev.drawbridge.endpoint.internal.message.Fault;
import dev.drawbridge.endpoint.internal.message.Message;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last frames of one connection without what they say: direction, type, id, size, time, and of
 * errors the code. Dev mode only. Thread-safe.
 */
public final class FrameLog {
  /** Frames that are kept: {@value}. */
  public static final int SIZE = 16;

  private static final String TYPE_START = "{\"type\":\"";
  private static final String ID_START = ",\"id\":\"";
  private static final String CODE_START = ",\"error\":{\"code\":\"";

  /**
   * One frame.
   *
   * @param at epoch milliseconds
   * @param type null when the client's is none
   * @param id null when it has none
   * @param code of the error that it is, or that it is refused with; else null
   */
  public record Frame(
      long at,
      boolean incoming,
      @Nullable String type,
      @Nullable String id,
      int bytes,
      @Nullable String code) {}

  private final Clock clock;
  private final FrameTally tally;

  /** Guarded by this. */
  private final Deque<Frame> frames = new ArrayDeque<>(SIZE);

  /**
   * An empty log.
   *
   * @param tally of all connections
   */
  public FrameLog(Clock clock, FrameTally tally) {
    this.clock = clock;
    this.tally = tally;
  }

  /**
   * A message was read.
   *
   * @return what is kept of it
   */
  public Frame received(Message message, int bytes) {
    Fault fault = message.fault() == null ? message.payloadFault() : message.fault();
    // Of a frame that is no message nothing is repeated: even its type may be anything.
    String type = message.fault() == null ? message.type() : null;
    tally.countReceived();
    Frame frame =
        new Frame(
            clock.millis(),
            true,
            type,
            message.id(),
            bytes,
            fault == null ? null : fault.code().word());
    add(frame);
    return frame;
  }

  /** One that was received is refused in its turn. */
  @SuppressWarnings("ReferenceEquality") // There may be others like it.
  public synchronized void refused(Frame frame, String code) {
    for (int i = frames.size(); i > 0; i--) {
      Frame each = frames.removeFirst();
      frames.addLast(
          each == frame
              ? new Frame(each.at, each.incoming, each.type, each.id, each.bytes, code)
              : each);
    }
  }

  /** A frame of ours is on its way; they all begin with the type, and ids stand behind it. */
  void sent(EncodedMessage text) {
    String json = text.text();
    int end = json.indexOf('"', TYPE_START.length());
    String type = json.startsWith(TYPE_START) && end > 0 ? json.substring(9, end) : null;
    int at = end + 1;
    String id = null;
    if (json.startsWith(ID_START, at)) {
      int idEnd = endOfString(json, at + ID_START.length());
      id =
          json.substring(at + ID_START.length(), idEnd).replace("\\\"", "\"").replace("\\\\", "\\");
      at = idEnd + 1;
    }
    String code = null;
    if (json.startsWith(CODE_START, at)) {
      code = json.substring(at + CODE_START.length(), json.indexOf('"', at + CODE_START.length()));
    }
    tally.countSent();
    add(new Frame(clock.millis(), false, type, id, text.bytes(), code));
  }

  private static int endOfString(String json, int from) {
    int at = from;
    while (json.charAt(at) != '"') {
      at += json.charAt(at) == '\\' ? 2 : 1;
    }
    return at;
  }

  private synchronized void add(Frame frame) {
    if (frames.size() == SIZE) {
      frames.removeFirst();
    }
    frames.addLast(frame);
  }

  /** Newest first. */
  public synchronized List<Frame> newest() {
    List<Frame> all = new ArrayList<>(frames.size());
    frames.descendingIterator().forEachRemaining(all::add);
    return all;
  }
}
