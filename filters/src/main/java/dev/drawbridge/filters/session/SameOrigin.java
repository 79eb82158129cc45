package dev.drawbridge.filters.session;

import dev.drawbridge.filters.cors.rules.Origin;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells a script of the application's own pages from all else that makes a browser send a request
 * with its cookies. Stateless. Fetch Metadata Request Headers (W3C), Fetch standard (Origin).
 *
 * <p>A page can neither set nor remove {@code Origin} and {@code Sec-Fetch-*}. Browsers send the
 * latter over https and to localhost alone, and older ones not at all; there a header that no page
 * can send to another origin without being asked first takes their place.
 */
final class SameOrigin {
  private static final String SITE = "Sec-Fetch-Site";
  private static final String MODE = "Sec-Fetch-Mode";
  private static final String DESTINATION = "Sec-Fetch-Dest";
  private static final String STORAGE_ACCESS = "Sec-Fetch-Storage-Access";
  private static final String REQUESTED_WITH = "X-Requested-With";

  /** What the answer hangs on, for {@code Vary}. */
  static final String HEADERS =
      String.join(", ", "Origin", SITE, MODE, DESTINATION, STORAGE_ACCESS, REQUESTED_WITH);

  /** Why a request is none of an own script, with what to change. */
  enum Reason {
    FOREIGN_ORIGIN(
        "Origin is not scheme, host and port of this request; behind a proxy, let it pass the Host"
            + " header on as it came"),
    SEVERAL_VALUES("a header that browsers send once came twice; look for a proxy that adds one"),
    EMBEDDED("the page stands in a frame of another site, and gets no token there"),
    OTHER_SITE("the request comes from a page of another site"),
    SAME_SITE("the request comes from another host or port of the same site"),
    NO_PAGE("the address was opened by hand, from a bookmark or by an extension; no page asks"),
    NO_SCRIPT(
        "it is loaded as a page, a frame or a part of a page; fetch it by a script, in the mode"
            + " cors or same-origin"),
    NOT_MARKED(
        "neither Sec-Fetch-Site nor X-Requested-With nor an Origin of its own; fetch it with the"
            + " header X-Requested-With: drawbridge");

    private final String hint;

    Reason(String hint) {
      this.hint = hint;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    String hint() {
      return hint;
    }
  }

  private SameOrigin() {}

  /** Why a request is refused; null for that of an own script. */
  static @Nullable Reason refusalOf(HttpServletRequest request) {
    List<String> origin = lines(request, "Origin");
    List<String> site = lines(request, SITE);
    List<String> mode = lines(request, MODE);
    List<String> destination = lines(request, DESTINATION);
    if (origin.size() > 1 || site.size() > 1 || mode.size() > 1 || destination.size() > 1) {
      return Reason.SEVERAL_VALUES;
    }
    if (!origin.isEmpty() && !isOwn(origin.get(0), request)) {
      return Reason.FOREIGN_ORIGIN;
    }
    Reason place = site.isEmpty() ? null : refusalOfSite(site.get(0));
    if (place != null) {
      return place;
    }
    // A browser tells of cookies of third parties only where a request is one of them.
    if (!lines(request, STORAGE_ACCESS).isEmpty()) {
      return Reason.EMBEDDED;
    }
    // A proxy may take the mode away; what a page cannot do in a navigation takes its place.
    boolean asked = !origin.isEmpty() || isAsked(request);
    boolean byScript =
        mode.isEmpty()
            ? site.isEmpty() || asked
            : List.of("cors", "same-origin").contains(mode.get(0));
    // The oldest browsers with Sec-Fetch-Site have no Sec-Fetch-Dest.
    if (!byScript || !(destination.isEmpty() || destination.get(0).equals("empty"))) {
      return Reason.NO_SCRIPT;
    }
    return asked || !site.isEmpty() ? null : Reason.NOT_MARKED;
  }

  private static @Nullable Reason refusalOfSite(String site) {
    return switch (site) {
      case "same-origin" -> null;
      case "same-site" -> Reason.SAME_SITE;
      case "none" -> Reason.NO_PAGE;
      default -> Reason.OTHER_SITE;
    };
  }

  /** A page of another origin must ask in a preflight before it sends this, and has an Origin. */
  private static boolean isAsked(HttpServletRequest request) {
    return lines(request, REQUESTED_WITH).stream().anyMatch(value -> !value.isBlank());
  }

  /**
   * True if an origin is that of the request itself. Behind a proxy that ends TLS the scheme is not
   * known here; then either will do.
   */
  private static boolean isOwn(String origin, HttpServletRequest request) {
    if (!(Origin.parse(origin) instanceof Origin page)
        || (request.isSecure() && !page.scheme().equals("https"))) {
      return false;
    }
    String host = request.getHeader("Host");
    String authority = host != null ? host : request.getServerName();
    return authority != null && page.equals(Origin.parse(page.scheme() + "://" + authority));
  }

  private static List<String> lines(HttpServletRequest request, String name) {
    List<String> lines = new ArrayList<>(1);
    Enumeration<String> values = request.getHeaders(name);
    while (values != null && values.hasMoreElements()) {
      String value = values.nextElement();
      lines.add(value == null ? "" : value);
    }
    return lines;
  }
}
