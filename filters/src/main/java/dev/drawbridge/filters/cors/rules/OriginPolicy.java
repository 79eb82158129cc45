package dev.drawbridge.filters.cors.rules;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which origins are allowed. Immutable.
 *
 * <p>An origin is parsed first and then compared part by part with the entries. Dev mode allows
 * {@code localhost}, {@code 127.0.0.1} and {@code [::1]} on any port besides, over http and https.
 */
public final class OriginPolicy {
  private final List<OriginRule> rules;

  /** Packaged applications, letter by letter. */
  private final Set<String> apps;

  private final boolean loopback;
  private final List<String> allowed;

  /** The exact entries as browsers spell them: a value that is in here needs no parser. */
  private final Set<String> spelled = new HashSet<>();

  private final Set<Origin> exact = new HashSet<>();
  private final List<OriginRule> patterns = new ArrayList<>();

  /**
   * Makes a policy.
   *
   * @param rules the list, in the order in which it is shown
   * @param loopback true to allow this machine on any port, as dev mode does
   */
  OriginPolicy(List<OriginRule> rules, boolean loopback) {
    this(rules, List.of(), loopback);
  }

  /**
   * Makes a policy with packaged applications.
   *
   * @param rules the list, in the order in which it is shown
   * @param apps as {@link AppOrigin#normal} returns them
   * @param loopback true to allow this machine on any port, as dev mode does
   */
  OriginPolicy(List<OriginRule> rules, List<String> apps, boolean loopback) {
    this.rules = List.copyOf(rules);
    this.apps = Set.copyOf(apps);
    this.loopback = loopback;
    this.allowed = shown(this.rules, apps, loopback);
    spelled.addAll(apps);
    for (OriginRule rule : rules) {
      if (rule.isExact()) {
        exact.add(rule.origin());
        spelled.add(rule.toString());
      } else {
        patterns.add(rule);
      }
    }
  }

  /**
   * Decides about the one value of an {@code Origin} line.
   *
   * @return null if it is allowed, or why not; never an exception
   */
  public @Nullable OriginReason refusalOf(String value) {
    if (spelled.contains(value)) {
      return null;
    }
    ParsedOrigin parsed = Origin.parse(value);
    if (parsed instanceof OriginReason reason) {
      return reason;
    }
    return allows((Origin) parsed) ? null : OriginReason.NOT_LISTED;
  }

  /** True if an entry or dev mode allows an origin. */
  public boolean allows(Origin origin) {
    if ((loopback && origin.isLoopback()) || exact.contains(origin)) {
      return true;
    }
    for (OriginRule pattern : patterns) {
      if (pattern.matches(origin)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The entry that allows an origin, for people.
   *
   * @return in the spelling of {@link #allowed()}; null if none does
   */
  public @Nullable String ruleFor(String value) {
    if (apps.contains(value)) {
      return value;
    }
    if (!(Origin.parse(value) instanceof Origin origin)) {
      return null;
    }
    for (OriginRule rule : rules) {
      if (rule.isExact() ? rule.origin().equals(origin) : rule.matches(origin)) {
        return rule.toString();
      }
    }
    return loopback && origin.isLoopback()
        ? origin.scheme() + "://" + origin.host() + ":* (dev mode)"
        : null;
  }

  /** What is allowed, in the spelling of the setting; dev mode's own hosts come last. */
  public List<String> allowed() {
    return allowed;
  }

  private static List<String> shown(List<OriginRule> rules, List<String> apps, boolean loopback) {
    List<String> shown = new ArrayList<>();
    rules.forEach(rule -> shown.add(rule.toString()));
    shown.addAll(apps);
    if (loopback) {
      for (String scheme : List.of(Origin.HTTP, Origin.HTTPS)) {
        for (String host : List.of("localhost", "127.0.0.1", "[::1]")) {
          shown.add(scheme + "://" + host + ":*");
        }
      }
    }
    return List.copyOf(shown);
  }

  /** The entries, without what dev mode adds. */
  public List<OriginRule> rules() {
    return rules;
  }

  @Override
  public String toString() {
    return "OriginPolicy" + allowed;
  }
}
