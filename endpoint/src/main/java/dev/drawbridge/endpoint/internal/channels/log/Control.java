package dev.drawbridge.endpoint.internal.channels.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.cluster.Entry;
import org.jspecify.annotations.Nullable;

/**
 * What a control entry says. Immutable.
 *
 * @param word {@value #UNSUBSCRIBE}, {@value #DISCONNECT}, {@value #REPLACED}, {@value
 *     #INVALIDATE}, {@value #REVOKE}, {@value #DISABLE}, {@value #ENABLE}, {@value #EVERYTHING};
 *     another one is of a later version
 * @param subject whom it is about, null for everybody
 * @param detail a prefix, the name of a close code, the id of a connection, or what was revoked;
 *     else empty
 */
public record Control(String word, @Nullable String subject, String detail) {
  /** Ends subscriptions of a user, by prefix. */
  public static final String UNSUBSCRIBE = "unsubscribe";

  /** Closes the connections of a user. */
  public static final String DISCONNECT = "disconnect";

  /** Closes a connection whose place was taken. */
  public static final String REPLACED = "replaced";

  /** What is known of a user is out of date. */
  public static final String INVALIDATE = "invalidate";

  /** Tokens are not good any more. */
  public static final String REVOKE = "revoke";

  /** A developer has disabled a user, in dev mode alone. */
  public static final String DISABLE = "disable";

  /** And lets the user in again. */
  public static final String ENABLE = "enable";

  /** Stands for control entries that were too many: everything is checked anew. */
  public static final String EVERYTHING = "everything";

  private static final JsonMapper MAPPER = new JsonMapper();

  public static Control everything() {
    return new Control(EVERYTHING, null, "");
  }

  /** True if what an authoriser has said before may be wrong now. */
  boolean concernsRights() {
    return switch (word) {
      case UNSUBSCRIBE, DISCONNECT, INVALIDATE, EVERYTHING -> true;
      default -> false;
    };
  }

  public Entry draft() {
    String json =
        "{\"subject\":"
            + (subject == null ? "null" : Entry.quoted(subject))
            + ",\"detail\":"
            + Entry.quoted(detail)
            + "}";
    return Entry.control(word, json);
  }

  /** Null when it is not what this release writes. */
  static @Nullable Control of(Entry entry) {
    try {
      JsonNode data = MAPPER.readTree(entry.text());
      JsonNode subject = data.path("subject");
      return new Control(
          entry.type(),
          subject.isTextual() ? subject.asText() : null,
          data.path("detail").asText());
    } catch (JsonProcessingException e) {
      return null;
    }
  }
}
