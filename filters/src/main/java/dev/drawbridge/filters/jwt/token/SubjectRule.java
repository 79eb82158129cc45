package dev.drawbridge.filters.jwt.token;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who a token's user is, and under which name among all issuers. Immutable.
 *
 * <p>Two issuers never make the same name: each has a prefix of its own, at most one of them the
 * empty one, and what begins with another's prefix is refused.
 *
 * @param claim a name, for messages; a JSON pointer when it begins with a slash
 * @param at where it stands
 * @param verifiedAt where it may stand that the claim is a verified e-mail address, the first that
 *     is there; none for other claims
 * @param takesNumbers whether a whole number counts, as its decimal text; it is no e-mail address
 * @param prefix in front of the subject and of {@code jti}; may be empty
 * @param foreign prefixes of the other issuers, of which none begins with another
 */
public record SubjectRule(
    String claim,
    JsonPointer at,
    List<Flag> verifiedAt,
    boolean takesNumbers,
    String prefix,
    NavigableSet<String> foreign) {

  /**
   * A claim that says whether an e-mail address is verified. OpenID Connect Core section 5.1: it is
   * about {@code email}, and about no other address of the same user.
   *
   * @param about where the address is that it tells of, if that claim is there
   */
  public record Flag(JsonPointer at, JsonPointer about) {

    private boolean isAbout(ObjectNode claims, String address) {
      JsonNode other = claims.at(about);
      return other.isMissingNode() || (other.isTextual() && other.textValue().equals(address));
    }
  }

  private static final String EMAIL_VERIFIED = "email_verified";
  private static final String EMAIL = "email";

  /** What the last word of a claim's name has in it, in some letter case, if it holds one. */
  private static final String MAIL = "mail";

  /** What stands before the last word of a name: a namespace, as issuers of URIs write it. */
  private static final Pattern NAMESPACE = Pattern.compile("(?s).*[/:.#]");

  /** {@code sub}, text alone, without a prefix. */
  public static final SubjectRule STANDARD = of("sub", false);

  /** Copies list and set. */
  public SubjectRule {
    verifiedAt = List.copyOf(verifiedAt);
    foreign = Collections.unmodifiableNavigableSet(new TreeSet<>(foreign));
  }

  /**
   * A rule without a prefix.
   *
   * @param claim a name, or a JSON pointer
   * @throws IllegalArgumentException if it begins with a slash and is no JSON pointer
   */
  public static SubjectRule of(String claim, boolean takesNumbers) {
    JsonPointer at =
        claim.startsWith("/")
            ? JsonPointer.compile(claim)
            : JsonPointer.empty().appendProperty(claim);
    return new SubjectRule(claim, at, verifiedAt(at), takesNumbers, "", new TreeSet<>());
  }

  /** Beside the address, in its namespace if it has one; beside the list, for one of a list. */
  private static List<Flag> verifiedAt(JsonPointer at) {
    if (at.matches()) {
      return List.of();
    }
    String name = at.last().getMatchingProperty();
    Matcher namespace = NAMESPACE.matcher(name);
    String before = namespace.lookingAt() ? namespace.group() : "";
    String word = name.substring(before.length()).toLowerCase(Locale.ROOT);
    JsonPointer inside = at.head();
    if (!word.contains(MAIL)) {
      // An element of a list of addresses, or a part of an object that is one.
      return verifiedAt(inside);
    }
    return Stream.of(before, "")
        .distinct()
        .map(
            begin ->
                new Flag(
                    inside.appendProperty(begin + EMAIL_VERIFIED),
                    inside.appendProperty(begin + EMAIL)))
        .toList();
  }

  /** The same for one of several issuers. */
  public SubjectRule among(String ownPrefix, NavigableSet<String> foreignPrefixes) {
    return new SubjectRule(claim, at, verifiedAt, takesNumbers, ownPrefix, foreignPrefixes);
  }

  /**
   * The subject with its prefix.
   *
   * @throws RefusedException with {@code token_subject_invalid} or {@code token_email_unverified}
   */
  String subject(ObjectNode claims) {
    JsonNode value = isPointer() ? claims.at(at) : claims.path(claim);
    String text =
        value.isTextual()
            ? value.textValue()
            : isNumber(value) ? value.bigIntegerValue().toString() : null;
    if (text == null
        || !ClaimRules.isId(text)
        || (!prefix.isEmpty() && !ClaimRules.isId(prefix + text))) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_SUBJECT_INVALID,
          claim
              + " must be a string"
              + (takesNumbers && verifiedAt.isEmpty() ? " or a whole number" : "")
              + " of 1 to "
              + (ClaimRules.MAX_ID_CODE_POINTS - prefix.codePointCount(0, prefix.length()))
              + " characters without control characters or blanks at its ends");
    }
    checkEmail(claims, text);
    String begin = foreignPrefix(text);
    if (begin != null) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_SUBJECT_INVALID,
          claim + " must not begin with " + Refusals.shown(begin) + ", another issuer's prefix");
    }
    return prefix + text;
  }

  private boolean isNumber(JsonNode value) {
    return takesNumbers && verifiedAt.isEmpty() && value.isIntegralNumber();
  }

  /** The claims by which an issuer would name a user, for tokens of our own. */
  public Map<String, Object> claims(String subject) {
    Map<String, Object> claims = new LinkedHashMap<>();
    put(claims, at, subject);
    if (!verifiedAt.isEmpty()) {
      put(claims, verifiedAt.get(0).at(), true);
    }
    return claims;
  }

  @SuppressWarnings("unchecked") // What is inside was made here.
  private static void put(Map<String, Object> claims, JsonPointer at, Object value) {
    Map<String, Object> inside = claims;
    JsonPointer rest = at;
    for (; !rest.tail().matches(); rest = rest.tail()) {
      inside =
          (Map<String, Object>)
              inside.computeIfAbsent(
                  rest.getMatchingProperty(), name -> new LinkedHashMap<String, Object>());
    }
    inside.put(rest.getMatchingProperty(), value);
  }

  /**
   * {@code jti} with the issuer's prefix, null when the token has none.
   *
   * @throws RefusedException with {@code token_claim_invalid}
   */
  @Nullable String tokenId(ObjectNode claims) {
    JsonNode value = claims.get("jti");
    if (value == null) {
      return null;
    }
    if (!value.isTextual() || !ClaimRules.isId(value.textValue())) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_CLAIM_INVALID,
          "jti must be a string of 1 to "
              + ClaimRules.MAX_ID_CODE_POINTS
              + " characters without control characters or blanks at its ends");
    }
    String begin = foreignPrefix(value.textValue());
    if (begin != null) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_CLAIM_INVALID,
          "jti must not begin with " + Refusals.shown(begin) + ", another issuer's prefix");
    }
    return prefix.isEmpty() ? value.textValue() : prefix + value.textValue();
  }

  /** An address that nobody has verified is what somebody has typed in. */
  private void checkEmail(ObjectNode claims, String address) {
    if (verifiedAt.isEmpty()) {
      return;
    }
    Flag flag =
        verifiedAt.stream()
            .filter(each -> !claims.at(each.at()).isMissingNode())
            .findFirst()
            .orElse(verifiedAt.get(0));
    JsonNode verified = claims.at(flag.at());
    // Apple writes it as a text.
    boolean isTrue =
        verified.isTextual()
            ? verified.textValue().equals("true")
            : verified.isBoolean() && verified.booleanValue();
    if (isTrue && !flag.isAbout(claims, address)) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_EMAIL_UNVERIFIED,
          EMAIL_VERIFIED
              + " is about email, which holds another address than "
              + Refusals.shown(claim)
              + "; let "
              + Refusals.shown(claim)
              + " have a flag of its own namespace, or take email");
    }
    if (!isTrue) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_EMAIL_UNVERIFIED,
          EMAIL_VERIFIED
              + " must be true beside "
              + Refusals.shown(claim)
              + " where an e-mail address is the subject: "
              + Refusals.shownClaim(verified.isMissingNode() ? null : verified));
    }
  }

  private boolean isPointer() {
    return claim.charAt(0) == '/';
  }

  /** Only a name without a prefix of its own can be taken for another issuer's. */
  private @Nullable String foreignPrefix(String text) {
    // No prefix begins with another, so the one that sorts next before the text decides.
    String nearest = prefix.isEmpty() ? foreign.floor(text) : null;
    return nearest != null && text.startsWith(nearest) ? nearest : null;
  }
}
