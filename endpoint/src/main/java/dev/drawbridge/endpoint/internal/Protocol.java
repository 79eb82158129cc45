package dev.drawbridge.endpoint.internal;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.drawbridge.db.user.User;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Parts of documents that {@code welcome}, discovery and diagnosis share. */
public final class Protocol {
  /** The subprotocol. */
  public static final String NAME = "drawbridge.v1";

  /** In front of a token that is offered as a subprotocol. */
  public static final String BEARER_PREFIX = "drawbridge.bearer.";

  /** What this server can beside the first version. */
  public static final List<String> FEATURES = List.of("channels", "resume", "presence");

  /** Of most users as JSON. */
  private static final int USER_CHARACTERS = 96;

  private Protocol() {}

  public static Map<String, Object> user(User user) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("subject", user.subject());
    map.put("displayName", user.displayName());
    map.put("roles", new TreeSet<>(user.roles()));
    return map;
  }

  /** The same as JSON, without a map: for a frame that each connection gets. */
  public static String json(User user) {
    StringBuilder json = new StringBuilder(USER_CHARACTERS);
    appendText(json.append("{\"subject\":"), user.subject());
    appendText(json.append(",\"displayName\":"), user.displayName());
    json.append(",\"roles\":[");
    String comma = "";
    for (String role : user.roles().size() > 1 ? new TreeSet<>(user.roles()) : user.roles()) {
      appendText(json.append(comma), role);
      comma = ",";
    }
    return json.append("]}").toString();
  }

  private static void appendText(StringBuilder json, String text) {
    json.append('"');
    JsonStringEncoder.getInstance().quoteAsString(text, json);
    json.append('"');
  }

  public static Map<String, Object> heartbeat(EndpointConfig config) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("intervalMs", config.heartbeatInterval().toMillis());
    map.put("graceMs", config.heartbeatGrace().toMillis());
    return map;
  }

  public static Map<String, Object> limits(EndpointConfig config) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("maxMessageBytes", config.maxMessageBytes());
    map.put("messagesPerSecond", config.messagesPerSecond());
    map.put("burst", config.messageBurst());
    map.put("connectionsPerUser", config.connectionsPerUser());
    return map;
  }
}
