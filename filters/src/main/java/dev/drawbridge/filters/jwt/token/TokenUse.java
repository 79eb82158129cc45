package dev.drawbridge.filters.jwt.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * For what purpose a token was issued, as far as its payload says so: issuers give ID and refresh
 * tokens the same keys, and often the same header, as access tokens. Immutable. RFC 8725 section
 * 3.12.
 */
public enum TokenUse {
  /** Access tokens; one that says to be something else is refused. */
  ACCESS,
  /** ID tokens, for providers whose ID token is what people have. */
  ID,
  /** Both of them. */
  ANY;

  /** As settings write them, the default first. */
  public static final List<String> WORDS = List.of("access", "id", "any");

  /** What a payload says its token is. */
  private enum Said {
    ACCESS("an access token"),
    ID("an ID token"),
    REFRESH("a refresh token"),
    LOGOUT("an event of the issuer, no token of a user");

    private final String words;

    Said(String words) {
      this.words = words;
    }
  }

  private static final Set<String> ACCESS_WORDS = Set.of("access", "access_token", "bearer");
  private static final Set<String> ID_WORDS = Set.of("id", "id_token");
  private static final Set<String> REFRESH_WORDS = Set.of("refresh", "refresh_token", "offline");
  private static final Set<String> LOGOUT_WORDS = Set.of("logout", "logout_token");

  /** The member of {@code events} by which a logout token is known (Back-Channel Logout 2.4). */
  private static final String LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout";

  /**
   * The choice of a setting.
   *
   * @param word one of {@link #WORDS}; the first stands for any other, which was refused before
   */
  public static TokenUse of(String word) {
    return values()[Math.max(0, WORDS.indexOf(word))];
  }

  /**
   * Refuses a token that says to be of another use. One that says nothing passes: most do not.
   *
   * @throws RefusedException with {@link RefusalCode#TOKEN_USE_INVALID}
   */
  void check(ObjectNode claims) {
    // One walk: to ask for each name costs more than most payloads have members.
    for (Map.Entry<String, JsonNode> claim : claims.properties()) {
      String name = claim.getKey();
      JsonNode value = claim.getValue();
      switch (name) {
        // Keycloak; Cognito; simplejwt; several libraries; flask-jwt-extended.
        case "typ", "token_use", "token_type", "tokenType", "type" -> check(value, name);
        // Hashes of what was issued beside it: in ID tokens alone (OpenID Connect Core 3.1.3.6).
        case "at_hash", "c_hash" -> check(value.isNull() ? null : Said.ID, name);
        case "events" -> check(value.has(LOGOUT_EVENT) ? Said.LOGOUT : null, name);
        default -> {
          // Says nothing about the use.
        }
      }
    }
  }

  private void check(JsonNode claim, String name) {
    if (claim.isTextual()) {
      check(said(claim.textValue()), name);
    }
    // An array says what each of its elements says.
    for (JsonNode element : claim) {
      if (element.isTextual()) {
        check(said(element.textValue()), name);
      }
    }
  }

  private static @Nullable Said said(String value) {
    String word = value.toLowerCase(Locale.ROOT);
    if (word.endsWith("+jwt")) {
      word =
          switch (word.substring(0, word.length() - "+jwt".length())) {
            case "at", "application/at" -> "access";
            case "rt", "application/rt" -> "refresh";
            default -> word.substring(0, word.length() - "+jwt".length());
          };
    }
    if (ACCESS_WORDS.contains(word)) {
      return Said.ACCESS;
    }
    if (ID_WORDS.contains(word)) {
      return Said.ID;
    }
    if (REFRESH_WORDS.contains(word)) {
      return Said.REFRESH;
    }
    return LOGOUT_WORDS.contains(word) ? Said.LOGOUT : null;
  }

  private void check(@Nullable Said said, String name) {
    if (said == null || isTaken(said)) {
      return;
    }
    String advice =
        switch (said) {
          case ID ->
              "send the access token, or set DRAWBRIDGE_JWT_TOKEN_USE=id where people have no other";
          case ACCESS -> "send the ID token, or set DRAWBRIDGE_JWT_TOKEN_USE to access or any";
          case REFRESH, LOGOUT -> "send the " + (this == ID ? "ID" : "access") + " token";
        };
    throw Refusals.refuse(
        RefusalCode.TOKEN_USE_INVALID,
        "the claim " + name + " says that this is " + said.words + "; " + advice);
  }

  private boolean isTaken(Said said) {
    return switch (said) {
      case ACCESS -> this != ID;
      case ID -> this != ACCESS;
      case REFRESH, LOGOUT -> false;
    };
  }
}
