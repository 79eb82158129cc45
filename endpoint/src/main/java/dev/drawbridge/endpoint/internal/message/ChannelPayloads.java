package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of channels, whose text is known to be JSON. Members that it does not know are
 * left out. Not thread-safe; one for each frame.
 */
final class ChannelPayloads {
  /** The types that this reads. */
  static final Set<String> TYPES =
      Set.of("subscribe", "unsubscribe", "resume", "publish", "presence");

  private static final int MAX_KEY = 64;

  private final List<Detail> details = new ArrayList<>();

  /** How many channels the frame names, whatever they are. */
  private int channels = 1;

  private ChannelPayloads() {}

  private void add(Detail detail) {
    if (details.size() < PayloadFaults.MAX_DETAILS) {
      details.add(detail);
    }
  }

  /** A message whose data is a {@link ChannelRequest}, or one with a fault. */
  static Message read(JsonFactory factory, Envelope envelope, String type) {
    if (envelope.id() == null && !type.equals("publish") && !type.equals("unsubscribe")) {
      return Message.refused(
          type,
          null,
          Fault.of(ErrorCode.MESSAGE_ID_INVALID, "a message of " + type + " needs an id"));
    }
    ChannelPayloads reader = new ChannelPayloads();
    ChannelRequest request = reader.read(factory, envelope.data(), envelope.channel(), type);
    Fault fault = reader.details.isEmpty() ? null : fault(reader.details);
    return new Message(
        type,
        envelope.id(),
        null,
        fault == null ? request : null,
        null,
        fault,
        null,
        reader.channels);
  }

  private static Fault fault(List<Detail> details) {
    Detail first = details.get(0);
    return new Fault(
        ErrorCode.MESSAGE_DATA_INVALID,
        first.path().substring(1).replace('/', '.')
            + ": expected "
            + first.expected()
            + ", got "
            + first.actual(),
        details,
        null);
  }

  /** Of no meaning when there are details. */
  private @Nullable ChannelRequest read(
      JsonFactory factory, @Nullable String json, @Nullable String channel, String type) {
    JsonNode data = tree(json);
    switch (type) {
      case "subscribe", "resume" -> {
        boolean resumes = type.equals("resume");
        Position from = resumes ? position(data, "/data") : null;
        return new ChannelRequest.Register(
            resumes, wanted(array(data), from, resumes), presence(data));
      }
      case "unsubscribe" -> {
        return new ChannelRequest.Unsubscribe(
            wanted(array(data), null, true).stream().map(ChannelRequest.Wanted::channel).toList());
      }
      case "publish" -> {
        return publish(factory, json, data, named(channel));
      }
      default -> {
        return new ChannelRequest.Question(named(channel));
      }
    }
  }

  private static JsonNode tree(@Nullable String json) {
    try {
      return json == null ? MissingNode.getInstance() : Json.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the frame was read before: " + e.getClass().getName(), e);
    }
  }

  private String named(@Nullable String channel) {
    if (channel == null) {
      add(new Detail("/channel", "string", "absent"));
      return "";
    }
    return channel;
  }

  private JsonNode array(JsonNode data) {
    JsonNode channels = data.path("channels");
    if (!channels.isArray()) {
      add(new Detail("/data/channels", "array", kind(channels)));
    }
    this.channels = Math.max(1, channels.size());
    return channels;
  }

  private List<ChannelRequest.Wanted> wanted(
      JsonNode channels, @Nullable Position from, boolean namesOnly) {
    List<ChannelRequest.Wanted> wanted = new ArrayList<>();
    // What comes behind so many faults is not looked at.
    for (int i = 0; i < channels.size() && details.size() < PayloadFaults.MAX_DETAILS; i++) {
      JsonNode one = channels.get(i);
      String path = "/data/channels/" + i;
      if (one.isTextual()) {
        wanted.add(new ChannelRequest.Wanted(one.textValue(), from));
      } else if (namesOnly || !one.isObject()) {
        add(new Detail(path, namesOnly ? "string" : "string or position", kind(one)));
      } else if (!one.path("channel").isTextual()) {
        add(new Detail(path + "/channel", "string", kind(one.path("channel"))));
      } else {
        wanted.add(new ChannelRequest.Wanted(one.path("channel").textValue(), position(one, path)));
      }
    }
    return wanted;
  }

  /** Null, with a detail, when it is none. */
  private @Nullable Position position(JsonNode at, String path) {
    JsonNode epoch = at.path("epoch");
    JsonNode seq = at.path("seq");
    boolean isEpoch = epoch.isTextual() && Position.isEpoch(epoch.textValue());
    boolean isSeq =
        seq.isIntegralNumber()
            && seq.canConvertToLong()
            && seq.longValue() >= 0
            && seq.longValue() <= Position.MAX_SEQ;
    if (!isEpoch) {
      add(new Detail(path + "/epoch", "epoch of 8 letters and digits", kind(epoch)));
    }
    if (!isSeq) {
      add(new Detail(path + "/seq", "integer from 0 to 2^53 - 1", kind(seq)));
    }
    return isEpoch && isSeq ? new Position(epoch.textValue(), seq.longValue()) : null;
  }

  private boolean presence(JsonNode data) {
    JsonNode presence = data.path("presence");
    if (!presence.isBoolean() && !presence.isMissingNode() && !presence.isNull()) {
      add(new Detail("/data/presence", "boolean", kind(presence)));
    }
    return presence.booleanValue();
  }

  private ChannelRequest.Publish publish(
      JsonFactory factory, @Nullable String json, JsonNode data, String channel) {
    JsonNode type = data.path("type");
    JsonNode key = data.path("key");
    if (!type.isTextual()) {
      add(new Detail("/data/type", "string", kind(type)));
    }
    boolean hasKey = key.isTextual();
    if (hasKey ? !isKey(key.textValue()) : !key.isMissingNode() && !key.isNull()) {
      add(
          new Detail(
              "/data/key",
              "string of 1 to " + MAX_KEY + " characters without control characters",
              kind(key)));
    }
    return new ChannelRequest.Publish(
        channel, type.asText(), inner(factory, json), hasKey ? key.textValue() : null);
  }

  /** One that every engine can store as it is. */
  private static boolean isKey(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_KEY
        && text.chars().noneMatch(Character::isISOControl)
        && !Surrogates.isBroken(text);
  }

  /** The data inside of the data, as it was written; null for none. */
  private static @Nullable String inner(JsonFactory factory, @Nullable String json) {
    if (json == null) {
      return null;
    }
    try {
      JsonText inner = JsonText.read(factory, json).members().get("data");
      return inner == null || inner.kind() == JsonKind.NULL ? null : inner.text();
    } catch (IOException e) {
      throw new IllegalStateException("the frame was read before: " + e.getClass().getName(), e);
    }
  }

  private static String kind(JsonNode node) {
    if (node.isMissingNode()) {
      return JsonKind.ABSENT.word();
    }
    return JsonKind.of(node.asToken()).word();
  }
}
