package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.cluster.Position;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A client that keeps positions as PROTOCOL.md says, and what its handlers got. Not thread-safe.
 */
public final class TestClient {
  private static final JsonMapper MAPPER = new JsonMapper();

  /** One message that a handler got. */
  public record Handled(String channel, String epoch, long seq, String data) {}

  /** A place from which a channel is complete, and how many messages were handled by then. */
  public record Stated(String channel, Position position, int handledBefore) {}

  /** The newest number that this client has seen. */
  private @Nullable Position cursor;

  /** A place of its own for each channel whose replay is not complete. */
  private final Map<String, Long> own = new HashMap<>();

  private int replayLeft;

  /** What it is subscribed to. */
  public final Set<String> channels = new HashSet<>();

  public final List<Handled> handled = new ArrayList<>();

  /** Reasons, by the channel they were told for. */
  public final Map<String, List<String>> resyncs = new HashMap<>();

  /** Where the application was told to begin, by channel. */
  public final Map<String, Position> stated = new HashMap<>();

  /** How many messages of all channels had been handled by then. */
  public final Map<String, Integer> handledBefore = new HashMap<>();

  /** All of these places, in the order in which they were told. */
  public final List<Stated> places = new ArrayList<>();

  public final Map<String, JsonNode> acks = new LinkedHashMap<>();

  /** A page that is loaded anew and brings a state of this position along; before the subscribe. */
  public void from(String channel, long seq) {
    own.put(channel, seq);
  }

  /** Up to where the handlers have everything of a channel. */
  public long place(String channel) {
    return own.getOrDefault(channel, cursor == null ? 0 : cursor.seq());
  }

  public @Nullable Position cursor() {
    return cursor;
  }

  /** True while frames of a replay are missing. */
  public boolean isReplaying() {
    return replayLeft > 0;
  }

  /** The connection breaks; what was on its way is lost. */
  public void broken() {
    for (String channel : channels) {
      if (cursor != null) {
        own.putIfAbsent(channel, cursor.seq());
      }
    }
    replayLeft = 0;
  }

  /** Where a resume begins: the lowest of its places. */
  public Position resumeFrom() {
    Position now = java.util.Objects.requireNonNull(cursor);
    return new Position(
        now.epoch(),
        channels.stream()
            .mapToLong(channel -> own.getOrDefault(channel, now.seq()))
            .min()
            .orElse(now.seq()));
  }

  public void take(Collection<String> frames) {
    frames.forEach(this::take);
  }

  public void take(String text) {
    try {
      JsonNode frame = MAPPER.readTree(text);
      switch (frame.path("type").asText()) {
        case "ack" -> ack(frame);
        case "ping" -> {
          if (frame.path("data").has("seq") && cursor != null) {
            move(new Position(cursor.epoch(), frame.path("data").path("seq").asLong()));
            forgetOwn();
          }
        }
        case "resume" -> {
          Position position = position(frame.path("data"));
          cursor = position;
          own.clear();
          replayLeft = 0;
          channels.forEach(
              channel -> resync(channel, frame.path("data").path("reason").asText(), position));
        }
        case "unsubscribe" -> channels.remove(frame.path("channel").asText());
        case "presence" -> {
          // No part of the positions.
        }
        default -> message(frame);
      }
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON: " + text, e);
    }
  }

  private void ack(JsonNode frame) {
    acks.put(frame.path("id").asText(), frame);
    JsonNode data = frame.path("data");
    if (!data.has("subscribed")) {
      return;
    }
    Position position = position(data);
    Set<String> resynced = new HashSet<>();
    data.path("resync").forEach(one -> resynced.add(one.asText()));
    Position before = cursor;
    for (JsonNode one : data.path("subscribed")) {
      String channel = one.asText();
      boolean fresh = channels.add(channel);
      if (resynced.contains(channel)) {
        own.remove(channel);
        resync(channel, data.path("reason").asText(), position);
      } else if (fresh) {
        Long from = own.get(channel);
        state(channel, from == null ? position : new Position(position.epoch(), from));
      }
    }
    replayLeft = data.path("replay").asInt();
    if (data.has("resumed")
        || !resynced.isEmpty()
        || before == null
        || !before.epoch().equals(position.epoch())) {
      // Also downwards: another node may lag behind the one whose ack was seen before a break.
      cursor = position;
    } else {
      move(position);
    }
    forgetOwn();
  }

  /** A place of its own ends when the common one has come as far and no replay is under way. */
  private void forgetOwn() {
    Position now = cursor;
    if (replayLeft == 0 && now != null) {
      own.values().removeIf(seq -> seq <= now.seq());
    }
  }

  private void resync(String channel, String reason, Position position) {
    resyncs.computeIfAbsent(channel, name -> new ArrayList<>()).add(reason);
    state(channel, position);
  }

  private void state(String channel, Position position) {
    stated.put(channel, position);
    handledBefore.put(channel, handled.size());
    places.add(new Stated(channel, position, handled.size()));
  }

  private void message(JsonNode frame) {
    String channel = frame.path("channel").asText();
    long seq = frame.path("seq").asLong();
    assertThat(channels).as("a frame of a channel that is held").contains(channel);
    Position now = java.util.Objects.requireNonNull(cursor);
    if (seq > own.getOrDefault(channel, now.seq())) {
      handled.add(new Handled(channel, now.epoch(), seq, frame.path("data").toString()));
      own.computeIfPresent(channel, (name, before) -> seq);
    }
    move(new Position(now.epoch(), Math.max(seq, now.seq())));
    if (replayLeft > 0) {
      replayLeft--;
    }
    forgetOwn();
  }

  private void move(Position to) {
    if (cursor == null || to.seq() > cursor.seq()) {
      cursor = to;
    }
  }

  private static Position position(JsonNode data) {
    return new Position(data.path("epoch").asText(), data.path("seq").asLong());
  }
}
