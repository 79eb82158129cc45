package dev.drawbridge.filters.settings;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Development or production, decided once for a web application from {@code ENVIRONMENT} and {@code
 * WEBSOCKET_DEV_MODE}. Immutable.
 *
 * <p>Signature, issuer, audience and expiry of tokens, the user lookup and the refusal of foreign
 * origins are the same in both. The table of docs/security.md says what differs.
 */
public enum DevMode {
  /** Both settings ask for it. */
  DEVELOPMENT,
  /** Everything else. */
  PRODUCTION;

  private static final Set<String> DEVELOPMENT_NAMES = Set.of("development", "dev", "local");

  /**
   * Decides the mode. Production unless both settings say otherwise.
   *
   * @param environment the value of {@code ENVIRONMENT}; development is {@code development}, {@code
   *     dev} or {@code local} in any letter case
   * @param devMode the value of {@code WEBSOCKET_DEV_MODE}; on is {@code true} in any letter case
   */
  static DevMode of(@Nullable String environment, @Nullable String devMode) {
    return isDevelopmentName(environment) && isOn(devMode) ? DEVELOPMENT : PRODUCTION;
  }

  static boolean isDevelopmentName(@Nullable String environment) {
    return environment != null
        && DEVELOPMENT_NAMES.contains(environment.strip().toLowerCase(Locale.ROOT));
  }

  static boolean isOn(@Nullable String devMode) {
    return devMode != null && devMode.strip().equalsIgnoreCase("true");
  }

  /** True in development mode. */
  public boolean isDevelopment() {
    return this == DEVELOPMENT;
  }

  /** The short word of discovery and metrics: {@code dev} or {@code prod}. */
  public String word() {
    return isDevelopment() ? "dev" : "prod";
  }
}
