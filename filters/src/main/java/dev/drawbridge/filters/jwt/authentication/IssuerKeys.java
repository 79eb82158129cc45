package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.jwt.keys.KeySet;
import dev.drawbridge.filters.jwt.keys.SigningKeys;
import dev.drawbridge.filters.jwt.keys.UnusableKeysException;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.settings.ConfigurationException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of one of several issuers, as long as none of them is also a key of an issuer in front
 * of it: whoever signs for one could sign for the other. What is fetched or read again is compared
 * again. Thread-safe.
 */
final class IssuerKeys implements SigningKeys {

  private static final Logger log = LoggerFactory.getLogger(IssuerKeys.class);

  /** How long the first comparison waits for keys that are being fetched. */
  private static final Duration FIRST_WAIT = Duration.ofSeconds(2);

  private final String issuer;
  private final SigningKeys own;

  /** Those that stand in front, in their order. */
  private final List<TrustedIssuer> earlier;

  private final List<SigningKeys> keysOfEarlier;

  private volatile @Nullable Verdict verdict;

  /**
   * What was found of some sets.
   *
   * @param others known of the earlier issuers then, null where nothing was
   * @param sharedWith the first issuer with a key of these, null when there is none
   */
  private record Verdict(KeySet own, List<@Nullable KeySet> others, @Nullable String sharedWith) {}

  private IssuerKeys(
      String issuer, SigningKeys own, List<TrustedIssuer> earlier, List<SigningKeys> keys) {
    this.issuer = issuer;
    this.own = own;
    this.earlier = List.copyOf(earlier);
    this.keysOfEarlier = List.copyOf(keys);
  }

  /**
   * Opens the keys of all issuers.
   *
   * @param nanoTime by which files are looked at
   * @return in the order of the issuers
   * @throws ConfigurationException if some are not usable
   */
  static List<SigningKeys> open(List<TrustedIssuer> issuers, Clock clock, LongSupplier nanoTime) {
    List<SigningKeys> opened = new ArrayList<>();
    for (TrustedIssuer issuer : issuers) {
      try {
        opened.add(issuer.keys().opener().open(clock, nanoTime));
      } catch (UnusableKeysException e) {
        opened.forEach(SigningKeys::close);
        throw new ConfigurationException(List.of("the keys are not usable: " + e.getMessage()));
      }
    }
    return opened;
  }

  /**
   * The same keys, but none of an issuer whose key is one of an earlier issuer's too.
   *
   * @param opened in the order of the issuers
   */
  static List<SigningKeys> apart(List<TrustedIssuer> issuers, List<SigningKeys> opened) {
    List<SigningKeys> apart = new ArrayList<>();
    for (int i = 0; i < opened.size(); i++) {
      SigningKeys own = opened.get(i);
      apart.add(
          i == 0
              ? own
              : new IssuerKeys(
                  issuers.get(i).issuer(), own, issuers.subList(0, i), opened.subList(0, i)));
    }
    return apart;
  }

  @Override
  public KeySet current() {
    return checked(own.current());
  }

  @Override
  public KeySet newerThan(KeySet seen) {
    return checked(own.newerThan(seen));
  }

  @Override
  public @Nullable KeySet known() {
    return own.known();
  }

  @Override
  public boolean isReady() {
    KeySet now = own.known();
    return own.isReady() && now != null && verdictOf(now).sharedWith() == null;
  }

  @Override
  public void close() {
    own.close();
  }

  private KeySet checked(KeySet set) {
    if (verdict == null) {
      awaitEarlier();
    }
    String other = verdictOf(set).sharedWith();
    if (other != null) {
      throw Refusals.refuse(
          RefusalCode.ISSUER_KEYS_SHARED,
          "a key of the issuer "
              + Refusals.shown(issuer)
              + " is one of the issuer "
              + Refusals.shown(other)
              + " too; whoever signs for one could sign for the other");
    }
    return set;
  }

  /** Just after the start the others may be about to come. */
  private void awaitEarlier() {
    long until = System.nanoTime() + FIRST_WAIT.toNanos();
    for (SigningKeys each : keysOfEarlier) {
      if (each.known() == null && System.nanoTime() - until < 0) {
        try {
          KeySet come = each.current();
          log.trace("compared with {}", come);
        } catch (RefusedException e) {
          log.trace("not there yet", e);
        }
      }
    }
  }

  private Verdict verdictOf(KeySet set) {
    Verdict before = verdict;
    return before != null && before.own() == set && isOf(before.others()) ? before : judged(set);
  }

  private boolean isOf(List<@Nullable KeySet> others) {
    for (int i = 0; i < keysOfEarlier.size(); i++) {
      if (keysOfEarlier.get(i).known() != others.get(i)) {
        return false;
      }
    }
    return true;
  }

  private Verdict judged(KeySet set) {
    List<@Nullable KeySet> others = new ArrayList<>();
    String found = null;
    for (int i = 0; i < keysOfEarlier.size(); i++) {
      KeySet other = keysOfEarlier.get(i).known();
      others.add(other);
      if (found == null && other != null && set.sharesKeyWith(other)) {
        found = earlier.get(i).issuer();
      }
    }
    Verdict before = verdict;
    Verdict now = new Verdict(set, Collections.unmodifiableList(others), found);
    verdict = now;
    tell(before == null ? null : before.sharedWith(), found);
    return now;
  }

  private void tell(@Nullable String before, @Nullable String now) {
    if (now != null && !now.equals(before)) {
      log.warn(
          "a key of the issuer {} is one of the issuer {} too; tokens of the former are refused,"
              + " those of the latter go on",
          Refusals.shown(issuer),
          Refusals.shown(now));
    } else if (now == null && before != null) {
      log.info("the issuer {} has keys of its own again", Refusals.shown(issuer));
    }
  }
}
