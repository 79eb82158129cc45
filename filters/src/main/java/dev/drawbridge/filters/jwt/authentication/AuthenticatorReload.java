package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.jwt.keys.KeySet;
import dev.drawbridge.filters.jwt.keys.KeySource;
import dev.drawbridge.filters.jwt.keys.SigningKeys;
import dev.drawbridge.filters.jwt.keys.UnusableKeysException;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the settings of tokens and keys again, beside those that are in force. Not thread-safe;
 * used for one reload.
 */
final class AuthenticatorReload {

  /** How often the keys of one issuer are waited for, two seconds at most each time. */
  private static final int WAITS = 4;

  /** How long those of all issuers are waited for together. */
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  private final Settings next;
  private final Settings before;

  AuthenticatorReload(Settings next, Settings before) {
    this.next = next;
    this.before = before;
  }

  /**
   * What is made of them.
   *
   * @param opened the keys of the issuers, in their order; some of them may be the present ones
   */
  record Made(JwtConfig config, List<SigningKeys> opened) {}

  /** True where nothing of it is another, as far as settings and files tell. */
  boolean changesNothing(KeyFiles now, KeyFiles earlier) {
    return !now.haveFurther()
        && now.equals(earlier)
        && Arrays.stream(Setting.values())
            .filter(AuthenticatorReload::isOfTokens)
            .allMatch(each -> Objects.equals(next.string(each), before.string(each)));
  }

  private static boolean isOfTokens(Setting setting) {
    return setting.name().startsWith("JWT_")
        || setting == Setting.AUTH_FAILURES_PER_MINUTE
        || setting == Setting.SESSION_TOKEN_TTL;
  }

  /**
   * Reads, and opens what is new.
   *
   * @param present the configuration that is in force
   * @param opened its keys
   * @throws ConfigurationException with all problems; nothing new is open then
   */
  Made made(JwtConfig present, List<SigningKeys> opened, boolean mustSign, Clock clock) {
    List<String> problems = new ArrayList<>();
    JwtConfig read = JwtConfig.of(next, problems);
    if (read == null || !problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    List<TrustedIssuer> issuers = new ArrayList<>();
    List<SigningKeys> keys = new ArrayList<>();
    try {
      for (TrustedIssuer issuer : read.issuers()) {
        int same = indexOfSame(issuer.keys(), present, opened);
        if (same >= 0) {
          KeySource known = present.issuers().get(same).keys();
          issuers.add(issuer.with(known.with(issuer.keys().algorithms())));
          keys.add(opened.get(same));
        } else {
          issuers.add(issuer);
          keys.add(issuer.keys().opener().open(clock, System::nanoTime));
        }
      }
      // All are fetched at the same time.
      awaitKeys(issuers, keys, opened);
      JwtConfig made = read.with(issuers);
      if (mustSign) {
        requireSigner(made);
      }
      return new Made(made, keys);
    } catch (UnusableKeysException e) {
      close(keys, opened);
      throw new ConfigurationException(List.of("the keys are not usable: " + e.getMessage()));
    } catch (RuntimeException e) {
      close(keys, opened);
      throw e;
    }
  }

  private static void close(List<SigningKeys> keys, List<SigningKeys> opened) {
    keys.stream().filter(each -> !opened.contains(each)).forEach(SigningKeys::close);
  }

  /**
   * The keys that are open already, where they come from one place in one way and are the same: a
   * reload of something else must not depend on a key server. -1 where there are none.
   */
  private int indexOfSame(KeySource wanted, JwtConfig present, List<SigningKeys> opened) {
    if (next.bool(Setting.JWT_ALLOW_HTTP) != before.bool(Setting.JWT_ALLOW_HTTP)) {
      return -1;
    }
    for (int i = 0; i < opened.size(); i++) {
      KeySource known = present.issuers().get(i).keys();
      boolean random = wanted.madeForThisStart() && known.madeForThisStart();
      if (random
          || (Objects.equals(wanted.written(), known.written())
              && Objects.equals(wanted.place(), known.place())
              && wanted.algorithms().equals(known.algorithms())
              && wanted.madeForThisStart() == known.madeForThisStart()
              && isSame(wanted.present(), known.present(), opened.get(i)))) {
        return i;
      }
    }
    return -1;
  }

  /** Fetched keys are the same by their place; others by what they are, now and in force. */
  private static boolean isSame(
      @Nullable KeySet wanted, @Nullable KeySet known, SigningKeys inForce) {
    if (wanted == null || known == null) {
      return wanted == null && known == null;
    }
    KeySet now = inForce.known();
    return wanted.sameKeysAs(known) && now != null && wanted.sameKeysAs(now);
  }

  /**
   * Keys that cannot be had are found here, and not by the next handshakes.
   *
   * @param keys in the order of the issuers
   * @param opened those of them that are in force already
   * @throws ConfigurationException with one problem for each issuer without
   */
  private static void awaitKeys(
      List<TrustedIssuer> issuers, List<SigningKeys> keys, List<SigningKeys> opened) {
    List<String> problems = new ArrayList<>();
    long until = System.nanoTime() + PATIENCE.toNanos();
    for (int i = 0; i < keys.size(); i++) {
      String why = opened.contains(keys.get(i)) ? null : missing(keys.get(i), until);
      if (why != null) {
        problems.add(
            "the keys must be there before the reload"
                + (keys.size() == 1 ? "" : ", of " + Refusals.shown(issuers.get(i).issuer()))
                + ": "
                + why);
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
  }

  /** Null once they are there, else why not. */
  private static @Nullable String missing(SigningKeys keys, long until) {
    String why = "none within " + PATIENCE.toSeconds() + " s";
    for (int i = 0; i < WAITS && !keys.isReady() && System.nanoTime() - until < 0; i++) {
      try {
        why = "a set of " + keys.current().entries().size() + " keys";
      } catch (RefusedException e) {
        why = Objects.requireNonNullElse(e.refusal().hint(), e.refusal().code().word());
      }
    }
    return keys.isReady() ? null : why;
  }

  /** As the start of what signs asks for it. */
  private static void requireSigner(JwtConfig config) {
    if (!config.signer().keys().algorithms().isHmac() || !config.signerIsClear()) {
      throw new ConfigurationException(
          List.of(
              "SessionTokenServlet signs with a secret: one issuer must have one, or say that it"
                  + " signs"));
    }
  }
}
