package dev.drawbridge.filters.cors.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which {@code Host} a request may name in dev mode. Immutable.
 *
 * <p>A page that makes its own name point to this machine (DNS rebinding) becomes same-origin with
 * the server and needs no {@code Origin}; but its requests still carry its name in {@code Host}.
 * Literal addresses are always good: no name server can rebind them.
 */
public final class HostPolicy {
  /** Allows every host: production, where a proxy or the container decides about names. */
  static final HostPolicy ANY = new HostPolicy(List.of(), List.of(), false);

  private final List<String> names;
  private final List<OriginRule> origins;
  private final boolean active;

  private HostPolicy(List<String> names, List<OriginRule> origins, boolean active) {
    this.names = List.copyOf(names);
    this.origins = List.copyOf(origins);
    this.active = active;
  }

  /**
   * The policy of dev mode.
   *
   * @param names as {@link #normal} returns them
   * @param origins the listed origins, whose hosts are trusted already
   */
  static HostPolicy of(List<String> names, List<OriginRule> origins) {
    return new HostPolicy(names, origins, true);
  }

  /**
   * Checks an item of the setting: a host, or {@code *.} and a domain of two labels or more.
   *
   * @return it in lower case, or null when it is neither
   */
  static @Nullable String normal(String item) {
    boolean below = item.startsWith("*.");
    String host = HostName.normal(below ? item.substring(2) : item);
    if (host == null || (below && (host.indexOf('.') < 0 || HostName.isAddress(host)))) {
      return null;
    }
    return below ? "*." + host : host;
  }

  /** False if every host is allowed. */
  public boolean isActive() {
    return active;
  }

  /**
   * Decides about a request.
   *
   * @param value its {@code Host}, with or without a port; null when it has none
   */
  public boolean allows(@Nullable String value) {
    if (!active || value == null) {
      return true;
    }
    String name = nameOf(value);
    if (name == null) {
      return false;
    }
    if (HostName.isLoopback(name) || name.endsWith(".localhost") || HostName.isAddress(name)) {
      return true;
    }
    for (String allowed : names) {
      if (allowed.startsWith("*.")
          ? OriginRule.isBelow(name, allowed.substring(2))
          : allowed.equals(name)) {
        return true;
      }
    }
    for (OriginRule rule : origins) {
      if (rule.matchesHost(name)) {
        return true;
      }
    }
    return false;
  }

  /** The host of {@code host[:port]} in lower case and without a trailing dot; null if none. */
  private static @Nullable String nameOf(String value) {
    int bracket = value.lastIndexOf(']');
    int colon = value.indexOf(':', Math.max(bracket, 0));
    String host = colon < 0 ? value : value.substring(0, colon);
    if (host.length() > 1 && host.endsWith(".")) {
      host = host.substring(0, host.length() - 1);
    }
    if (colon >= 0) {
      for (int i = colon + 1; i < value.length(); i++) {
        if (value.charAt(i) < '0' || value.charAt(i) > '9') {
          return null;
        }
      }
    }
    return HostName.normal(host.toLowerCase(Locale.ROOT));
  }

  @Override
  public String toString() {
    List<String> shown = new ArrayList<>(names);
    origins.forEach(rule -> shown.add(rule.toString()));
    return active ? "HostPolicy" + shown : "HostPolicy[any]";
  }
}
