package dev.drawbridge.endpoint.cluster;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the log, or a draft of one that is to be appended. Immutable.
 *
 * @param version of this form; a node skips and counts what is above {@value #VERSION}
 * @param epoch of the log; of a draft: the one that its node has tailed
 * @param seq its number; of a draft: the highest that its node has tailed
 * @param node who appends it
 * @param n grows with each entry of a node and is never used twice for another one
 * @param at epoch milliseconds by the engine's clock; 0 in a draft
 * @param kind what it is
 * @param channel of a message or presence; empty for a control entry
 * @param type of the message, or the word of the control entry
 * @param text of a message or presence: the finished frame with the place of its number left open
 *     behind the first {@value #PLACE}; of a control entry: its JSON
 * @param key decides whether it is a repeat; null for most
 * @param repeat number of the first entry with its key; 0 when it is no repeat. A repeat has no
 *     text, and nobody delivers it
 */
public record Entry(
    int version,
    String epoch,
    long seq,
    String node,
    long n,
    long at,
    Kind kind,
    String channel,
    String type,
    String text,
    @Nullable String key,
    long repeat) {

  /** What an entry is. */
  public enum Kind {
    MESSAGE,
    PRESENCE,
    CONTROL,
    /** Of a later version: skipped. */
    UNKNOWN;

    /** What {@link #word} gives; anything else is {@link #UNKNOWN}. */
    public static Kind of(String word) {
      return switch (word) {
        case "message" -> MESSAGE;
        case "presence" -> PRESENCE;
        case "control" -> CONTROL;
        default -> UNKNOWN;
      };
    }

    /** As it stands in the log. */
    public String word() {
      return switch (this) {
        case MESSAGE -> "message";
        case PRESENCE -> "presence";
        case CONTROL -> "control";
        case UNKNOWN -> "unknown";
      };
    }
  }

  /** The version that this release writes: {@value}. */
  public static final int VERSION = 1;

  /** Behind the first of these, a frame takes its number. Types and channels hold no quote. */
  public static final String PLACE = "\"seq\":";

  /** Longest channel, a user's own one: {@value} characters. */
  public static final int MAX_CHANNEL = 256;

  /** Longest text: {@value} characters. */
  public static final int MAX_TEXT = 256 * 1024;

  /** How keys of the outbox begin. */
  public static final String OUTBOX_KEY = "o:";

  /** How long an engine knows them: {@value} hours. */
  public static final int OUTBOX_KEY_HOURS = 24;

  /** Longest key: {@value} characters. */
  public static final int MAX_KEY = 640;

  /** Checks the bounds; values of any kind are in order. */
  public Entry {
    if (channel.length() > MAX_CHANNEL) {
      throw tooLong("a channel", MAX_CHANNEL, channel.length());
    }
    if (text.length() > MAX_TEXT) {
      throw tooLong("the text of an entry", MAX_TEXT, text.length());
    }
    if (key != null && key.length() > MAX_KEY) {
      throw tooLong("a key", MAX_KEY, key.length());
    }
    if (seq < 0 || seq > Position.MAX_SEQ || n < 0 || repeat < 0) {
      throw new IllegalArgumentException(
          "seq, n and repeat must not be negative: " + seq + ", " + n + ", " + repeat);
    }
  }

  private static IllegalArgumentException tooLong(String what, int max, int length) {
    return new IllegalArgumentException(
        what + " must have at most " + max + " characters: " + length);
  }

  /**
   * A draft of a message.
   *
   * @param text the frame, with {@value #PLACE} followed by nothing
   */
  public static Entry message(String channel, String type, String text, @Nullable String key) {
    if (!text.contains(PLACE)) {
      throw new IllegalArgumentException("a frame must leave a place for its number: " + type);
    }
    return draft(Kind.MESSAGE, channel, type, text, key);
  }

  /** A draft of a control entry. */
  public static Entry control(String type, String json) {
    return draft(Kind.CONTROL, "", type, json, null);
  }

  /**
   * The presence entry of a channel, as an engine makes it.
   *
   * @param joined who was not there before
   * @param left subjects who are not there any more
   * @param count who is there now
   * @param listed beyond so many, only the count is told
   */
  public static Entry presence(
      String channel, List<Member> joined, List<String> left, int count, int listed) {
    StringBuilder text =
        new StringBuilder(128)
            .append("{\"type\":\"presence\",\"channel\":\"")
            .append(channel)
            .append("\",\"seq\":,\"data\":{");
    if (joined.size() + left.size() > listed) {
      text.append("\"partial\":true,");
    } else {
      text.append("\"joined\":[");
      for (int i = 0; i < joined.size(); i++) {
        text.append(i == 0 ? "{\"subject\":" : ",{\"subject\":")
            .append(quoted(joined.get(i).subject()))
            .append(",\"displayName\":")
            .append(quoted(joined.get(i).displayName()))
            .append('}');
      }
      text.append("],\"left\":[");
      for (int i = 0; i < left.size(); i++) {
        text.append(i == 0 ? "" : ",").append(quoted(left.get(i)));
      }
      text.append("],");
    }
    text.append("\"count\":").append(count).append("}}");
    return draft(Kind.PRESENCE, channel, "presence", text.toString(), null);
  }

  /** A text as a JSON string, quotes included: what has no line break in it. */
  public static String quoted(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }

  private static Entry draft(
      Kind kind, String channel, String type, String text, @Nullable String key) {
    return new Entry(VERSION, "", 0, "", 0, 0, kind, channel, type, text, key, 0);
  }

  /** The draft as a node appends it. */
  public Entry from(Position tailed, String appender, long number) {
    return new Entry(
        version,
        tailed.epoch(),
        tailed.seq(),
        appender,
        number,
        0,
        kind,
        channel,
        type,
        text,
        key,
        0);
  }

  /** The draft as the log has it. */
  public Entry logged(Position position, long atMillis) {
    return new Entry(
        version,
        position.epoch(),
        position.seq(),
        node,
        n,
        atMillis,
        kind,
        channel,
        type,
        text,
        key,
        0);
  }

  /** The draft as the log has it when its key is known. */
  public Entry repeated(Position position, long atMillis, long first) {
    return new Entry(
        version,
        position.epoch(),
        position.seq(),
        node,
        n,
        atMillis,
        kind,
        channel,
        type,
        "",
        key,
        first);
  }

  /** The frame with its number written in; for messages and presence that are no repeats. */
  public String frame() {
    int place = text.indexOf(PLACE) + PLACE.length();
    return new StringBuilder(text.length() + 16)
        .append(text, 0, place)
        .append(seq)
        .append(text, place, text.length())
        .toString();
  }

  /** True for one that this release understands, and whose frame has a place for its number. */
  public boolean isKnown() {
    if (version < 1 || version > VERSION || kind == Kind.UNKNOWN) {
      return false;
    }
    return kind == Kind.CONTROL || repeat > 0 || text.contains(PLACE);
  }

  /** Without the text, which belongs to users. */
  @Override
  public String toString() {
    return "Entry[" + epoch + "/" + seq + " " + kind + " " + type + " " + node + ":" + n + "]";
  }
}
