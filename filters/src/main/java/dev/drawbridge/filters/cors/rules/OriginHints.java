package dev.drawbridge.filters.cors.rules;

import dev.drawbridge.filters.settings.DevMode;
import dev.drawbridge.filters.settings.Setting;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Says in words why an origin was refused: the nearest allowed entry, what differs from it, and
 * what to change. For the log and for dev mode's answers only. Immutable.
 */
public final class OriginHints {
  private final DevMode mode;
  private final OriginPolicy policy;

  /** What the other mode's setting lists: a frequent mistake is to fill in the wrong one. */
  private final OriginPolicy otherMode;

  public OriginHints(DevMode mode, OriginPolicy policy, OriginPolicy otherMode) {
    this.mode = mode;
    this.policy = policy;
    this.otherMode = otherMode;
  }

  /** The setting that lists the origins of this mode. */
  public String setting() {
    return variable(mode.isDevelopment());
  }

  private static String variable(boolean development) {
    return (development ? Setting.DEV_WEBSOCKET_ORIGINS : Setting.WEBSOCKET_ALLOWED_ORIGINS)
        .variable();
  }

  /**
   * A sentence or two.
   *
   * @param value what was sent as {@code Origin}; only its parsed form is repeated
   * @param host the {@code Host} of the request, to recognize the application's own pages; a hint
   *     is all that is made of it
   */
  public String of(OriginReason reason, String value, @Nullable String host) {
    return switch (reason) {
      case NULL_ORIGIN ->
          "a file:// page, a sandboxed frame or a redirect across origins has no origin;"
              + " serve the page over http, for example from http://localhost:3000";
      case MALFORMED, PATH, USER_INFO, PORT ->
          "no browser sends this; an Origin is scheme://host or scheme://host:port, in full";
      case TOO_LONG -> "an Origin has at most " + Origin.MAX_LENGTH + " characters";
      case NOT_ASCII -> "no browser sends this; international names are sent as xn--…";
      case CONTROL_CHARACTER -> "no browser sends control characters";
      case MULTIPLE ->
          "browsers send one Origin with one value; look for a proxy that adds its own";
      case SCHEME -> app(value);
      case TRAILING_DOT ->
          "the page was opened with a dot behind the host name; open it without the dot";
      case NOT_LISTED ->
          Origin.parse(value) instanceof Origin origin ? notListed(origin, host) : addAdvice("it");
      case HOST, MISSING -> throw new IllegalArgumentException("not about an origin: " + reason);
    };
  }

  /** The page of a packaged application or an extension. */
  private String app(String value) {
    if (!value.equals(AppOrigin.normal(value))) {
      return "only http and https pages are allowed, and packaged applications that are listed as"
          + " they send it, such as capacitor://localhost";
    }
    String listed =
        otherMode.refusalOf(value) == null
            ? value
                + " is listed in "
                + variable(!mode.isDevelopment())
                + ", which has no effect in "
                + (mode.isDevelopment() ? "dev mode" : "production")
                + "; "
            : "";
    return listed
        + "if this packaged application or extension is yours, "
        + addAdvice(value)
        + ", letter by letter";
  }

  private String notListed(Origin origin, @Nullable String host) {
    if (!mode.isDevelopment() && origin.isLoopback()) {
      return "localhost is allowed in dev mode only, which needs ENVIRONMENT=development and"
          + " WEBSOCKET_DEV_MODE=true; this is production, where DEV_WEBSOCKET_ORIGINS has no"
          + " effect; to allow it all the same, "
          + addAdvice(origin.toString());
    }
    if (otherMode.allows(origin) && !origin.isLoopback()) {
      return String.format(
          "%s is listed in %s, which has no effect in %s; %s",
          origin,
          variable(!mode.isDevelopment()),
          mode.isDevelopment() ? "dev mode" : "production",
          addAdvice(origin.toString()));
    }
    String difference = difference(origin);
    if (difference != null) {
      return difference + "; " + addAdvice(origin.toString());
    }
    if (mode.isDevelopment() && isNearby(origin.host())) {
      return "dev mode allows only localhost, 127.0.0.1 and [::1] by itself; for other names and"
          + " addresses of this machine or network, "
          + addAdvice(origin.toString());
    }
    if (host != null && isOwn(origin, host)) {
      return "this is the application's own address; browsers mark such requests by"
          + " Sec-Fetch-Site only over https or on localhost, and never vouch for a WebSocket; "
          + addAdvice(origin.toString());
    }
    if (policy.rules().isEmpty()) {
      return setting() + " is empty; " + addAdvice(origin.toString());
    }
    return "no entry is near it; if the page is yours, " + addAdvice(origin.toString());
  }

  /** How the nearest entry differs, or null when none is near. */
  private @Nullable String difference(Origin origin) {
    String host = origin.host();
    OriginRule scheme =
        find(
            rule ->
                rule.matchesHost(host)
                    && (rule.anyPort()
                        || rule.origin().port() == origin.port()
                        || (isDefault(rule.origin()) && isDefault(origin))));
    if (scheme != null) {
      return "scheme differs from " + scheme;
    }
    OriginRule port =
        find(rule -> rule.matchesHost(host) && rule.origin().scheme().equals(origin.scheme()));
    if (port != null) {
      return "port differs from " + port;
    }
    OriginRule both = find(rule -> rule.matchesHost(host));
    if (both != null) {
      return "scheme and port differ from " + both;
    }
    OriginRule www =
        find(
            rule ->
                !rule.subdomains()
                    && (host.equals("www." + rule.origin().host())
                        || rule.origin().host().equals("www." + host)));
    if (www != null) {
      return "differs by www. from " + www;
    }
    OriginRule apex = find(rule -> rule.subdomains() && rule.origin().host().equals(host));
    if (apex != null) {
      return apex + " covers names below " + host + " but not the domain itself";
    }
    OriginRule parent = find(rule -> OriginRule.isBelow(host, rule.origin().host()));
    if (parent != null) {
      return "is a subdomain of " + parent + ", which does not cover it";
    }
    OriginRule child = find(rule -> OriginRule.isBelow(rule.origin().host(), host));
    return child == null ? null : "is a parent domain of " + child + ", which does not cover it";
  }

  private @Nullable OriginRule find(Predicate<OriginRule> near) {
    List<OriginRule> rules = policy.rules();
    for (OriginRule rule : rules) {
      if (near.test(rule)) {
        return rule;
      }
    }
    return null;
  }

  private static boolean isDefault(Origin origin) {
    return origin.port() == Origin.defaultPort(origin.scheme());
  }

  /** Names and addresses by which people reach their own machine and network. */
  private static boolean isNearby(String host) {
    return host.endsWith(".localhost")
        || host.endsWith(".local")
        || host.indexOf('.') < 0
        || HostName.isAddress(host);
  }

  private static boolean isOwn(Origin origin, String host) {
    return host.equalsIgnoreCase(origin.toString().substring(origin.scheme().length() + 3));
  }

  private String addAdvice(String origin) {
    return "add " + origin + " to " + setting();
  }
}
