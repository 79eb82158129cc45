package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.access.DevKey;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.settings.DevMode;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How tokens are taken and what they must say, complete and checked. Immutable.
 *
 * @param mode development or production
 * @param issuers who may have issued a token; at least one
 * @param users who the users are
 * @param roles whose roles count
 * @param maxLength longest token in characters
 * @param leeway clock difference that is forgiven, 0 to 2 minutes
 * @param maxLifetime how far ahead {@code exp} may be
 * @param cacheTtl how long a good token is remembered, 0 to 1 minute
 * @param cookieName cookie that may hold the token, null when cookies are off
 * @param queryToken whether {@code ?access_token=} is read; never in production
 * @param failuresPerMinute failed attempts of one address before 429; 0 for no limit
 * @param devKeyIsOff true where whoever reaches loopback needs no key for what dev mode shows
 */
public record JwtConfig(
    DevMode mode,
    List<TrustedIssuer> issuers,
    Origin users,
    Origin roles,
    int maxLength,
    Duration leeway,
    Duration maxLifetime,
    Duration cacheTtl,
    @Nullable String cookieName,
    boolean queryToken,
    int failuresPerMinute,
    boolean devKeyIsOff) {

  /** Copies the list. */
  public JwtConfig {
    issuers = List.copyOf(issuers);
  }

  /** Where something about a user comes from. */
  public enum Origin {
    DATABASE,
    TOKEN,
    /** The database where it knows the user, or both together. */
    BOTH;

    private static Origin of(@Nullable String word) {
      return word == null ? DATABASE : valueOf(word.toUpperCase(Locale.ROOT));
    }
  }

  private static final String HOST_PREFIX = "__Host-";

  /** A token of RFC 9110 section 5.6.2, which is what a cookie's name is. */
  private static final Pattern COOKIE_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");

  /**
   * Reads the settings.
   *
   * @param problems gets one sentence for each thing that is wrong, with the setting's name
   * @return null if there was a problem
   */
  public static @Nullable JwtConfig of(Settings settings, List<String> problems) {
    int before = problems.size();
    List<TrustedIssuer> issuers = TrustedIssuers.of(settings, problems);
    Origin users = Origin.of(settings.string(Setting.USERS));
    Origin roles = roles(settings, users, issuers, problems);
    String cookie = settings.string(Setting.JWT_COOKIE);
    if (cookie != null && !COOKIE_NAME.matcher(cookie).matches()) {
      problems.add("DRAWBRIDGE_JWT_COOKIE must be a cookie's name: " + Refusals.shown(cookie));
    } else if (cookie != null && !settings.isDevelopment() && !cookie.startsWith(HOST_PREFIX)) {
      problems.add(
          "DRAWBRIDGE_JWT_COOKIE must start with __Host- in production, so that no other host can"
              + " set it: "
              + Refusals.shown(cookie));
    }
    boolean queryToken = settings.bool(Setting.JWT_QUERY_TOKEN) && settings.isDevelopment();
    if (issuers.isEmpty() || problems.size() > before) {
      return null;
    }
    return new JwtConfig(
        settings.mode(),
        issuers,
        users,
        roles,
        settings.integer(Setting.JWT_MAX_LENGTH),
        settings.duration(Setting.JWT_LEEWAY),
        settings.duration(Setting.JWT_MAX_LIFETIME),
        settings.duration(Setting.JWT_CACHE_TTL),
        cookie,
        queryToken,
        settings.integer(Setting.AUTH_FAILURES_PER_MINUTE),
        DevKey.isOff(settings));
  }

  /** The same with these issuers. */
  JwtConfig with(List<TrustedIssuer> others) {
    return new JwtConfig(
        mode,
        others,
        users,
        roles,
        maxLength,
        leeway,
        maxLifetime,
        cacheTtl,
        cookieName,
        queryToken,
        failuresPerMinute,
        devKeyIsOff);
  }

  private static Origin roles(
      Settings settings, Origin users, List<TrustedIssuer> issuers, List<String> problems) {
    boolean set = settings.source(Setting.ROLES) != Settings.Source.DEFAULT;
    Origin roles = Origin.of(settings.string(Setting.ROLES));
    if (!set && users == Origin.TOKEN) {
      return Origin.TOKEN;
    }
    if (set && users == Origin.TOKEN && roles != Origin.TOKEN) {
      problems.add(
          "DRAWBRIDGE_ROLES must be token where DRAWBRIDGE_USERS is token: no database is asked");
    }
    if (set
        && roles != Origin.DATABASE
        && !issuers.isEmpty()
        && issuers.stream().allMatch(each -> each.roles().at().isEmpty())) {
      problems.add(
          "DRAWBRIDGE_JWT_ROLES_CLAIM is required where DRAWBRIDGE_ROLES is not database, for"
              + " example /realm_access/roles");
    }
    return roles;
  }

  /**
   * The issuer in whose place tokens are signed: the one that says so, else the first with a
   * secret, else the first.
   */
  TrustedIssuer signer() {
    return issuers.stream()
        .filter(TrustedIssuer::signs)
        .findFirst()
        .or(() -> withSecrets().findFirst())
        .orElse(issuers.get(0));
  }

  /** False where several have a secret and none says that it signs. */
  boolean signerIsClear() {
    return issuers.stream().anyMatch(TrustedIssuer::signs) || withSecrets().count() <= 1;
  }

  private Stream<TrustedIssuer> withSecrets() {
    return issuers.stream().filter(each -> each.keys().algorithms().isHmac());
  }
}
