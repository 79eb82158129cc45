package dev.drawbridge.filters.jwt.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the claims of a token with a good signature must say. Immutable and thread-safe. RFC 7519
 * section 4.1, RFC 8725 sections 3.8, 3.9 and 3.10.
 */
public final class ClaimRules {

  /** Longest subject and token id in code points: {@value}. */
  static final int MAX_ID_CODE_POINTS = 255;

  /** The end of the year 9999 in epoch seconds: what lies beyond is as good as for ever. */
  private static final long MAX_SECONDS = 253_402_300_799L;

  /** Thirty years: what lies nearer to now is meant as a time. */
  private static final double PLAUSIBLE_SECONDS = 1e9;

  private final IssuerRule issuer;
  private final TokenUse use;
  private final AudienceRule audience;
  private final SubjectRule subject;
  private final RolesRule roles;
  private final Duration leeway;
  private final Duration maxLifetime;

  public ClaimRules(
      IssuerRule issuer,
      TokenUse use,
      AudienceRule audience,
      SubjectRule subject,
      RolesRule roles,
      Duration leeway,
      Duration maxLifetime) {
    this.issuer = issuer;
    this.use = use;
    this.audience = audience;
    this.subject = subject;
    this.roles = roles;
    this.leeway = leeway;
    this.maxLifetime = maxLifetime;
  }

  /** The rules of an issuer who writes what the standards say. */
  public ClaimRules(String issuer, String audience, Duration leeway, Duration maxLifetime) {
    this(
        IssuerRule.exactly(issuer),
        TokenUse.ACCESS,
        new AudienceRule(AudienceRule.AUD, Set.of(audience)),
        SubjectRule.STANDARD,
        RolesRule.NONE,
        leeway,
        maxLifetime);
  }

  /** Who must have issued the token. */
  IssuerRule issuer() {
    return issuer;
  }

  /** The claims that are used further. */
  public record Accepted(
      String subject,
      @Nullable String tokenId,
      @Nullable Instant issuedAt,
      Instant expiresAt,
      Set<String> roles) {}

  /**
   * Checks all claims.
   *
   * @param claims of a token whose signature is good
   * @throws RefusedException with the first {@code token_…} code that applies
   */
  public Accepted check(ObjectNode claims, Instant now) {
    issuer.check(claims);
    use.check(claims);
    audience.check(claims);
    Instant expiresAt = time(claims, "exp");
    if (expiresAt == null) {
      throw Refusals.refuse(RefusalCode.TOKEN_EXPIRY_MISSING, "the claim exp must be there");
    }
    Instant notBefore = time(claims, "nbf");
    Instant issuedAt = time(claims, "iat");
    checkExpiry(expiresAt, now);
    if (expiresAt.isAfter(now.plus(maxLifetime).plus(leeway))) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_LIFETIME_TOO_LONG,
          "exp must be at most "
              + maxLifetime.toSeconds()
              + " s ahead: "
              + shown(expiresAt)
              + unitHint(claims, "exp", now));
    }
    checkNotAhead("nbf", notBefore, claims, now);
    checkNotAhead("iat", issuedAt, claims, now);
    if (issuedAt != null && issuedAt.isAfter(expiresAt)) {
      throw Refusals.refuse(RefusalCode.TOKEN_CLAIM_INVALID, "iat must not be after exp");
    }
    return new Accepted(
        subject.subject(claims), subject.tokenId(claims), issuedAt, expiresAt, roles.roles(claims));
  }

  /**
   * Checks the expiry alone, for a token that was good before.
   *
   * @throws RefusedException with {@code token_expired}
   */
  void checkExpiry(Instant expiresAt, Instant now) {
    if (!now.isBefore(expiresAt.plus(leeway))) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_EXPIRED,
          "expired "
              + Duration.between(expiresAt, now).toSeconds()
              + " s ago; the server's clock says "
              + now.truncatedTo(ChronoUnit.SECONDS));
    }
  }

  private void checkNotAhead(String name, @Nullable Instant time, ObjectNode claims, Instant now) {
    if (time != null && time.isAfter(now.plus(leeway))) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_NOT_YET_VALID,
          name
              + " is "
              + Duration.between(now, time).toSeconds()
              + " s ahead; the server's clock says "
              + now.truncatedTo(ChronoUnit.SECONDS)
              + unitHint(claims, name, now));
    }
  }

  /** Says so when a number would be near to now in another unit than seconds. */
  private static String unitHint(ObjectNode claims, String name, Instant now) {
    double value = claims.path(name).doubleValue();
    for (Unit unit : Unit.values()) {
      if (Math.abs(value / unit.perSecond - now.getEpochSecond()) < PLAUSIBLE_SECONDS) {
        return "; "
            + name
            + " is in "
            + unit.name().toLowerCase(Locale.ROOT)
            + ": write it in seconds (RFC 7519 section 2)";
      }
    }
    return "";
  }

  /** Units in which issuers write times by mistake. */
  private enum Unit {
    MILLISECONDS(1e3),
    MICROSECONDS(1e6),
    NANOSECONDS(1e9);

    private final double perSecond;

    Unit(double perSecond) {
      this.perSecond = perSecond;
    }
  }

  private static @Nullable Instant time(ObjectNode claims, String name) {
    JsonNode claim = claims.get(name);
    if (claim == null) {
      return null;
    }
    if (!claim.isNumber()) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_CLAIM_INVALID, "the claim " + name + " must be a number of seconds");
    }
    if (claim.isIntegralNumber() && claim.canConvertToLong()) {
      return Instant.ofEpochSecond(Math.max(0, Math.min(MAX_SECONDS, claim.longValue())));
    }
    // Infinity, for 1e400, is clamped like every other number.
    double seconds = Math.max(0, Math.min(MAX_SECONDS, claim.doubleValue()));
    return Instant.ofEpochMilli((long) (seconds * 1000));
  }

  /** True for a text that may name a user or a token. */
  public static boolean isId(String text) {
    int count = text.codePointCount(0, text.length());
    return count >= 1
        && count <= MAX_ID_CODE_POINTS
        && !isBlank(text.codePointAt(0))
        && !isBlank(text.codePointBefore(text.length()))
        && text.codePoints().noneMatch(ClaimRules::isUnprintable);
  }

  private static boolean isBlank(int codePoint) {
    return Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint);
  }

  private static boolean isUnprintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  private static String shown(Instant time) {
    return Refusals.shown(time.toString());
  }
}
