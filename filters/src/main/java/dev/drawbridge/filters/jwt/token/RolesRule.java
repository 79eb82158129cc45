package dev.drawbridge.filters.jwt.token;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which roles a token gives its user. Immutable.
 *
 * <p>An issuer writes them as a text, of which {@code scope} and {@code scp} alone have blanks
 * between several (RFC 8693 section 4.2), as an array of texts, as an object whose members are the
 * roles (Zitadel, Firebase), or as a flag. A role of another text may hold blanks: AD FS writes the
 * one group of a user so. What is of another form is refused as a whole: half of the roles would be
 * a guess.
 *
 * @param at where they stand; all of them count
 */
public record RolesRule(List<JsonPointer> at) {

  /** No role is read from tokens. */
  static final RolesRule NONE = new RolesRule(List.of());

  private static final Set<String> WITH_BLANKS = Set.of("scope", "scp");

  /** Roles of one token at most: {@value}. */
  public static final int MAX_ROLES = 1000;

  /** Copies the list. */
  public RolesRule {
    at = List.copyOf(at);
  }

  /**
   * What is wrong with a pointer, as the end of "must be …", or null.
   *
   * @param pointer as somebody wrote it
   */
  public static @Nullable String problem(String pointer) {
    if (!pointer.startsWith("/")) {
      return "JSON pointers, such as /roles or /realm_access/roles: " + Refusals.shown(pointer);
    }
    if (pointer.length() == 1) {
      return "JSON pointers that name a claim, such as /roles: /";
    }
    if (pointer.contains("://")) {
      return "JSON pointers, in which a slash inside a name is written ~1, such as "
          + Refusals.shown(suggestion(pointer))
          + ": "
          + Refusals.shown(pointer);
    }
    return pointer.replace("~0", "").replace("~1", "").contains("~")
        ? "JSON pointers, in which ~ is written ~0: " + Refusals.shown(pointer)
        : null;
  }

  private static String suggestion(String pointer) {
    return "/" + pointer.substring(1).replace("~", "~0").replace("/", "~1");
  }

  /**
   * The rule of some pointers.
   *
   * @param pointers without a {@link #problem}
   */
  public static RolesRule of(List<String> pointers) {
    return new RolesRule(pointers.stream().map(JsonPointer::compile).toList());
  }

  /**
   * The roles of a token; none where the claims are absent.
   *
   * @throws RefusedException with {@link RefusalCode#TOKEN_ROLES_INVALID}
   */
  Set<String> roles(ObjectNode claims) {
    if (at.isEmpty()) {
      return Set.of();
    }
    Set<String> roles = new LinkedHashSet<>();
    for (JsonPointer pointer : at) {
      JsonNode claim = claims.at(pointer);
      if (claim.isMissingNode()) {
        checkAbove(claims, pointer);
      } else {
        add(claim, pointer, roles);
      }
    }
    return Set.copyOf(roles);
  }

  /** Nothing is absent below what could not hold it: then half of the way is wrong. */
  private static void checkAbove(ObjectNode claims, JsonPointer pointer) {
    JsonNode inside = claims;
    for (JsonPointer rest = pointer; !rest.matches(); rest = rest.tail()) {
      if (inside.isMissingNode() || inside.isNull()) {
        return;
      }
      if (!inside.isObject() && !(inside.isArray() && rest.mayMatchElement())) {
        throw invalid(pointer, "must stand in an object; what is above it is none");
      }
      inside =
          inside.isArray()
              ? inside.path(rest.getMatchingIndex())
              : inside.path(rest.getMatchingProperty());
    }
  }

  private static void add(JsonNode claim, JsonPointer pointer, Set<String> roles) {
    if (claim.isNull()) {
      return;
    }
    if (claim.isTextual()) {
      String text = claim.textValue();
      boolean several = WITH_BLANKS.contains(pointer.last().getMatchingProperty());
      for (String word : several ? text.split(" ", -1) : new String[] {text}) {
        if (!word.isEmpty()) {
          add(word, pointer, roles);
        }
      }
    } else if (claim.isArray()) {
      for (JsonNode element : claim) {
        if (!element.isTextual()) {
          throw invalid(pointer, "must hold texts alone");
        }
        add(element.textValue(), pointer, roles);
      }
    } else if (claim.isObject()) {
      addMembers(claim, pointer, roles);
    } else if (claim.isBoolean()) {
      if (claim.booleanValue()) {
        add(pointer.last().getMatchingProperty(), pointer, roles);
      }
    } else {
      throw invalid(pointer, "must be a text, an array of texts, an object or true");
    }
  }

  /** The names of members that are true or an object, as Firebase and Zitadel write them. */
  private static void addMembers(JsonNode claim, JsonPointer pointer, Set<String> roles) {
    for (Map.Entry<String, JsonNode> member : claim.properties()) {
      JsonNode value = member.getValue();
      if (member.getKey().equals("roles") || value.has("roles")) {
        // Keycloak's realm_access and resource_access: the names in it are of clients.
        throw invalid(pointer, "is an object that holds roles; point to them, such as …/roles");
      }
      if (value.isObject() || (value.isBoolean() && value.booleanValue())) {
        add(member.getKey(), pointer, roles);
      } else if (!value.isBoolean() && !value.isNull()) {
        throw invalid(pointer, "is an object whose members must be true, false or an object");
      }
    }
  }

  private static void add(String role, JsonPointer pointer, Set<String> roles) {
    if (!ClaimRules.isId(role)) {
      throw invalid(
          pointer,
          "must hold names of 1 to "
              + ClaimRules.MAX_ID_CODE_POINTS
              + " characters without control characters or blanks at their ends");
    }
    roles.add(role);
    if (roles.size() > MAX_ROLES) {
      throw invalid(pointer, "must hold at most " + MAX_ROLES + " roles");
    }
  }

  private static RefusedException invalid(JsonPointer pointer, String rule) {
    return Refusals.refuse(
        RefusalCode.TOKEN_ROLES_INVALID,
        "the claim at " + Refusals.shown(pointer.toString()) + " " + rule);
  }
}
