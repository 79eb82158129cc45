package dev.drawbridge.endpoint.internal.setup;

import dev.drawbridge.endpoint.internal.Finding;
import dev.drawbridge.endpoint.internal.Finding.Level;
import java.util.List;
import java.util.Locale;

/**
 * Something about the web application that will break handshakes or connections. Immutable.
 *
 * @param what one sentence without its full stop
 * @param fix what to write where, in one line
 */
public record SetUpWarning(Code code, String what, String fix) {

  /** What kind of fault it is; the same word on the diagnostics page and in the guide. */
  public enum Code {
    TOKEN_FILTER_MISSING(Level.ERROR, "No JwtHandshakeFilter stands in front of the endpoint"),
    DIAGNOSE_FILTER_MISSING(
        Level.WARNING, "No JwtHandshakeFilter stands in front of the diagnosis"),
    ORIGIN_FILTER_MISSING(Level.WARNING, "No DevCorsFilter stands in front of the endpoint"),
    CONFIG_FILTER_MISSING(Level.WARNING, "No DevCorsFilter stands in front of the discovery"),
    ROUTES_MISSING(Level.WARNING, "The endpoint has no routes beside the WebSocket"),
    PATH_SHADOWED(Level.WARNING, "Another servlet takes requests of the endpoint"),
    FILTERS_BYPASSED(
        Level.ERROR, "An endpoint of the container takes the handshakes before every filter"),
    IDLE_TIMEOUT_IGNORED(Level.NOTE, "An idle time-out is set that has no effect"),
    ASYNC_OFF(Level.WARNING, "The chain is without async support"),
    UPGRADE_REMOVED(Level.WARNING, "A proxy has removed the Upgrade header"),
    PROXY_LIMIT_SHORT(Level.WARNING, "A proxy cuts quiet connections before the heartbeat asks");

    private final String word = name().toLowerCase(Locale.ROOT);
    private final Level level;
    private final String title;

    Code(Level level, String title) {
      this.level = level;
      this.title = title;
    }

    /** Lower snake case. */
    public String word() {
      return word;
    }

    /** One phrase, the same for every set-up. */
    String title() {
      return title;
    }
  }

  /** The same for the diagnostics page. */
  public Finding finding() {
    boolean isElement = fix.startsWith("<");
    return new Finding(
        code.word,
        code.level,
        code.title,
        what,
        isElement ? "put this into web.xml" : fix,
        isElement ? fix.replace("><", ">\n<") : null,
        1,
        List.of());
  }

  @Override
  public String toString() {
    return what + ". Fix: " + fix;
  }
}
