package dev.drawbridge.endpoint.internal.channels.subscription;

import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Position;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the frames of channels. Stateless. PROTOCOL.md section 11. */
public final class ChannelFrames {
  private ChannelFrames() {}

  /** The frame of a message, its number left open. */
  public static String message(
      String channel, String type, @Nullable String from, @Nullable String dataJson) {
    StringBuilder frame =
        new StringBuilder(96 + (dataJson == null ? 0 : dataJson.length()))
            .append("{\"type\":\"")
            .append(type)
            .append("\",\"channel\":\"")
            .append(ChannelNames.onWire(channel))
            .append("\",\"seq\":");
    if (from != null) {
      frame.append(",\"from\":").append(Entry.quoted(from));
    }
    if (dataJson != null) {
      frame.append(",\"data\":").append(dataJson);
    }
    return frame.append('}').toString();
  }

  /** The answer to a {@code subscribe} or {@code resume}. */
  public static String registered(
      Registration one,
      Position position,
      Collection<String> resync,
      @Nullable Resync why,
      int replay) {
    StringBuilder frame = ack(one.id()).append(",\"data\":{");
    if (one.resume()) {
      frame.append("\"resumed\":").append(why == null).append(',');
    }
    if (why != null) {
      frame.append("\"reason\":\"").append(why.word()).append("\",");
    }
    position(frame, position).append(",\"subscribed\":");
    strings(frame, one.allowed()).append(",\"refused\":[");
    for (int i = 0; i < one.refused().size(); i++) {
      Registration.Refused refused = one.refused().get(i);
      frame
          .append(i == 0 ? "{\"channel\":" : ",{\"channel\":")
          .append(Entry.quoted(refused.channel()))
          .append(",\"code\":\"")
          .append(refused.code().word())
          .append("\"}");
    }
    frame.append("],\"resync\":");
    return strings(frame, resync).append(",\"replay\":").append(replay).append("}}").toString();
  }

  /** The answer to a publish. */
  public static String published(String id, Position position, boolean duplicate) {
    StringBuilder frame = position(ack(id).append(",\"data\":{"), position);
    return frame.append(duplicate ? ",\"duplicate\":true}}" : "}}").toString();
  }

  /** An answer that holds nothing. */
  public static String done(String id) {
    return ack(id).append('}').toString();
  }

  /** The answer to the question who is there. */
  public static String members(String id, Members members) {
    StringBuilder frame =
        ack(id)
            .append(",\"data\":{\"seq\":")
            .append(members.seq())
            .append(",\"count\":")
            .append(members.count())
            .append(",\"members\":[");
    String comma = "";
    for (Members.Present one : members.list()) {
      frame
          .append(comma)
          .append("{\"subject\":")
          .append(Entry.quoted(one.subject()))
          .append(",\"displayName\":")
          .append(Entry.quoted(one.displayName()))
          .append(",\"since\":")
          .append(one.since())
          .append(",\"connections\":")
          .append(one.connections())
          .append('}');
      comma = ",";
    }
    return frame.append("],\"partial\":").append(members.partial()).append("}}").toString();
  }

  /** Tells open connections that continuity is lost. */
  public static String restarted(Position position, Resync why, long spreadMs) {
    StringBuilder frame =
        new StringBuilder(128)
            .append("{\"type\":\"resume\",\"data\":{\"resumed\":false,\"reason\":\"")
            .append(why.word())
            .append("\",");
    return position(frame, position)
        .append(",\"spreadMs\":")
        .append(spreadMs)
        .append("}}")
        .toString();
  }

  /** Tells a connection that a subscription has ended. */
  public static String unsubscribed(String channel) {
    return "{\"type\":\"unsubscribe\",\"channel\":\""
        + ChannelNames.onWire(channel)
        + "\",\"error\":{\"code\":\"channel_forbidden\",\"message\":\"the subscription was ended by"
        + " the server\",\"action\":\"contact_admin\",\"retryable\":false}}";
  }

  private static StringBuilder ack(String id) {
    return new StringBuilder(192).append("{\"type\":\"ack\",\"id\":").append(Entry.quoted(id));
  }

  private static StringBuilder position(StringBuilder frame, Position position) {
    return frame
        .append("\"epoch\":\"")
        .append(position.epoch())
        .append("\",\"seq\":")
        .append(position.seq());
  }

  private static StringBuilder strings(StringBuilder frame, Collection<String> all) {
    frame.append('[');
    String comma = "";
    for (String one : List.copyOf(all)) {
      frame.append(comma).append(Entry.quoted(one));
      comma = ",";
    }
    return frame.append(']');
  }
}
