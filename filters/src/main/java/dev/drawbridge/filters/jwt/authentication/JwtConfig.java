package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.access.DevKey;
import dev.drawbridge.filters.jwt.keys.KeySource;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.settings.DevMode;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How tokens are taken and what they must say, complete and checked. Immutable.
 *
 * @param mode development or production
 * @param keys where the keys come from
 * @param issuer the exact {@code iss}
 * @param audience the {@code aud} that must be among those of the token
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
    KeySource keys,
    String issuer,
    String audience,
    Duration leeway,
    Duration maxLifetime,
    Duration cacheTtl,
    @Nullable String cookieName,
    boolean queryToken,
    int failuresPerMinute,
    boolean devKeyIsOff) {

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
    KeySource keys = KeySource.of(settings, problems);
    require(settings, Setting.JWT_ISSUER, "https://login.example.org", problems);
    require(settings, Setting.JWT_AUDIENCE, "drawbridge", problems);
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
    if (keys == null || problems.size() > before) {
      return null;
    }
    return new JwtConfig(
        settings.mode(),
        keys,
        Objects.requireNonNull(settings.string(Setting.JWT_ISSUER)),
        Objects.requireNonNull(settings.string(Setting.JWT_AUDIENCE)),
        settings.duration(Setting.JWT_LEEWAY),
        settings.duration(Setting.JWT_MAX_LIFETIME),
        settings.duration(Setting.JWT_CACHE_TTL),
        cookie,
        queryToken,
        settings.integer(Setting.AUTH_FAILURES_PER_MINUTE),
        DevKey.isOff(settings));
  }

  private static void require(
      Settings settings, Setting setting, String example, List<String> problems) {
    if (settings.string(setting) == null) {
      problems.add(setting.variable() + " is required in production, for example " + example);
    }
  }
}
