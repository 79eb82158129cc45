package dev.drawbridge.doctor.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a server has answered to one request. Immutable.
 *
 * @param version such as {@code HTTP/1.1}
 * @param headers by their names in lower case
 * @param body cut to {@value Http1#MOST_BODY} bytes
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares answers.
public record Answer(String version, int status, Map<String, List<String>> headers, byte[] body) {
  private static final String PROBLEM = "urn:drawbridge:problem:";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Where caches say whether they had it: CloudFront and Varnish, Cloudflare, nginx. */
  private static final List<String> CACHES =
      List.of("x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache");

  /** The values of a header in one list; null without it. */
  public @Nullable String header(String name) {
    List<String> values = headers.get(name.toLowerCase(Locale.ROOT));
    return values == null ? null : String.join(", ", values);
  }

  /** Without its parameters; empty without one. */
  String type() {
    String type = header("content-type");
    return type == null ? "" : type.replaceAll(";.*", "").strip().toLowerCase(Locale.ROOT);
  }

  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** The body where it is JSON, else a missing node. */
  public JsonNode json() {
    if (!type().contains("json")) {
      return MissingNode.getInstance();
    }
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  /** The code of a refusal of Drawbridge's; null for what is none. */
  public @Nullable String problem() {
    JsonNode json = json();
    String type = json.path("type").asText();
    return type.startsWith(PROBLEM) && json.path("code").isTextual()
        ? json.path("code").asText()
        : null;
  }

  /** Status, type, and who says of himself that he has answered, in words. */
  public String words() {
    String server = header("server");
    String by = server == null ? "" : Text.clean(server.replaceAll("[^!-~].*", ""));
    return (status + " " + type()).strip() + (by.isEmpty() ? "" : " by " + by);
  }

  /** Whether a cache in front of the server has kept it; RFC 9111 section 5.1. */
  public boolean cached() {
    String age = header("age");
    if (age != null && age.matches("\\d{1,10}") && Long.parseLong(age) > 0) {
      return true;
    }
    return CACHES.stream()
        .map(this::header)
        .anyMatch(told -> told != null && told.toLowerCase(Locale.ROOT).contains("hit"));
  }

  /** Where a redirect leads, without user and query; empty for what is none. */
  public String redirect() {
    String location = header("location");
    return status / 100 == 3 && status != 304
        ? Text.clean(
            location == null ? "nowhere" : location.replaceAll("[?#].*|(?<=//)[^/@]*@", ""))
        : "";
  }
}
