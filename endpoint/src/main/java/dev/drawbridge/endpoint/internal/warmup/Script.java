package dev.drawbridge.endpoint.internal.warmup;

import dev.drawbridge.endpoint.Endpoint;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What is said in the warm-up: the endpoint's half and the client's. Stateless. */
public final class Script {
  private static final String POOLED = "warm.pooled";
  private static final String READING = "warm.reading";
  private static final String CHANNEL = "warm:1";
  private static final Pattern POSITION =
      Pattern.compile("\"epoch\":\"([A-Za-z0-9]+)\",\"seq\":(\\d+)");

  private Script() {}

  /**
   * Data of the usual kinds.
   *
   * @param tags may be empty
   */
  public record Line(String text, int number, boolean flag, List<String> tags, Part part) {}

  /** Data within data. */
  public record Part(long id, Optional<String> note) {}

  /** Registers what the client says. */
  public static void configure(Endpoint.Builder endpoint) {
    endpoint.on(POOLED, Line.class, (line, connection) -> line);
    endpoint.on(READING, Line.class).onReadingThread().handle((line, connection) -> line);
    endpoint.channel(
        "warm:",
        rules ->
            rules
                .authorize((user, action, channels) -> Set.copyOf(channels))
                .clientPublish("warm.news", Line.class));
  }

  /** What is handled by the thread that reads it. */
  static List<String> word() {
    return List.of(message(READING, "1"));
  }

  /** What is handled by others. */
  static List<String> talk() {
    return List.of(
        message(POOLED, "2"),
        "{\"type\":\"subscribe\",\"id\":\"3\",\"data\":{\"channels\":[\"" + CHANNEL + "\",\"~\"]}}",
        "{\"type\":\"unsubscribe\",\"id\":\"4\",\"data\":{\"channels\":[\"" + CHANNEL + "\"]}}");
  }

  /** What one says who comes back, from the ack of a subscription; null if that has none. */
  static @Nullable String resume(String ack) {
    Matcher position = POSITION.matcher(ack);
    return position.find()
        ? "{\"type\":\"resume\",\"id\":\"r\",\"data\":{\"epoch\":\""
            + position.group(1)
            + "\",\"seq\":"
            + position.group(2)
            + ",\"channels\":[\""
            + CHANNEL
            + "\",\"~\"]}}"
        : null;
  }

  private static String message(String type, String id) {
    return "{\"type\":\""
        + type
        + "\",\"id\":\""
        + id
        + "\",\"data\":{\"text\":\"one who comes first \\u2014 and is served\",\"number\":17,"
        + "\"flag\":true,\"tags\":[\"a\",\"b\"],\"part\":{\"id\":1766000000000,\"note\":\"n\"}}}";
  }
}
