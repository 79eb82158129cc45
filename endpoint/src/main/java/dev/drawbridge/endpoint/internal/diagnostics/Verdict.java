package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.internal.Finding;
import dev.drawbridge.endpoint.internal.Finding.Level;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Health;
import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Tried;
import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The one line on top: all is well, or the likeliest cause with its fix. Immutable.
 *
 * @param headline what to look at first
 * @param findings everything that was noticed, the worst first; the headline is among them unless
 *     all is well
 */
public record Verdict(Finding headline, List<Finding> findings) {

  /** Refusals that are older than this explain nothing any more. */
  static final long RECENT_MS = 5 * 60_000;

  /** A handshake that stays between two filters for longer than this went astray. */
  static final long STRAY_MS = 1_000;

  /** What a handshake has passed before an endpoint or nobody has it. */
  private static final Set<String> STRAY_STAGES = Set.of("origin", "user");

  private static final String ORIGIN_FILTER = "DevCorsFilter";
  private static final String TOKEN_FILTER = "JwtHandshakeFilter";

  /** Copies the findings. */
  public Verdict {
    findings = List.copyOf(findings);
  }

  /** Judges what was seen. */
  public static Verdict of(Sightings seen) {
    List<Finding> found = new ArrayList<>();
    health(seen.health(), found);
    refusals(seen, found);
    strays(seen, found);
    filters(seen, found);
    setUp(seen.setUp(), found);
    found.addAll(Detectors.findings(seen));
    ChannelSightings channels = seen.channels();
    if (channels != null) {
      found.addAll(ChannelDetectors.findings(channels));
    }
    // The sort keeps the order of equals: what comes first above is the likelier cause.
    found.sort(Comparator.comparing(Finding::level).reversed());
    Finding headline =
        found.isEmpty() || found.get(0).level().compareTo(Level.WARNING) < 0
            ? wellOrQuiet(seen)
            : found.get(0);
    return new Verdict(headline, found);
  }

  private static void health(Health health, List<Finding> found) {
    if (health.databaseDown() != null) {
      found.add(
          new Finding(
              "database_down",
              Level.ERROR,
              "The database of the users is out of reach",
              health.databaseDown(),
              RefusalCode.AUTH_UNAVAILABLE.fix(),
              null,
              1,
              List.of()));
    } else if (health.poolWaiting() > 0) {
      found.add(
          new Finding(
              "pool_exhausted",
              Level.WARNING,
              "All connections of the database pool are in use",
              String.format(
                  "%d callers wait for one of %d connections",
                  health.poolWaiting(), health.poolMax()),
              "close sessions sooner, look for leaks in the log, or raise DRAWBRIDGE_DB_POOL_SIZE",
              null,
              health.poolWaiting(),
              List.of()));
    }
    if (health.draining()) {
      found.add(
          new Finding(
              "draining",
              Level.WARNING,
              RefusalCode.DRAINING.title(),
              "The endpoint is being emptied: new handshakes get 503",
              RefusalCode.DRAINING.fix(),
              null,
              1,
              List.of()));
    }
  }

  /** Clients whose last word was a refusal, by its code. */
  private static void refusals(Sightings seen, List<Finding> found) {
    Map<String, List<Tried>> byCode = new LinkedHashMap<>();
    for (Tried last : Detectors.newestOfEach(seen.attempts(), Tried::client)) {
      if (last.isRefused() && seen.nowMillis() - last.at() <= RECENT_MS) {
        byCode.computeIfAbsent(last.code(), code -> new ArrayList<>()).add(last);
      }
    }
    byCode.forEach((code, tries) -> found.add(refusal(code, tries, seen)));
  }

  private static Finding refusal(String word, List<Tried> clients, Sightings seen) {
    Tried newest = clients.get(0);
    List<Tried> same =
        seen.attempts().stream()
            .filter(one -> one.code().equals(word) && one.isRefused())
            .filter(one -> seen.nowMillis() - one.at() <= RECENT_MS)
            .toList();
    RefusalCode code = codeOf(word);
    return new Finding(
        word,
        Level.ERROR,
        code == null ? untitled(word) : code.title(),
        newest.hint() == null ? "Refused at stage " + newest.stage() : newest.hint(),
        code == null ? unfixed(word) : code.fix(),
        code == null ? null : Snippets.of(code, newest, seen.endpointPath()),
        same.size(),
        same.stream().map(Tried::id).toList());
  }

  private static String untitled(String word) {
    return word.equals(Attempt.SWALLOWED)
        ? "A filter of the application has answered the handshake"
        : "The handshake was refused";
  }

  private static String unfixed(String word) {
    return word.equals(Attempt.SWALLOWED)
        ? Attempt.SWALLOWED_FIX
        : "look for the request id in the log";
  }

  /** The code of a word; null when the application has made it up. */
  public static @Nullable RefusalCode codeOf(String word) {
    for (RefusalCode code : RefusalCode.values()) {
      if (code.word().equals(word)) {
        return code;
      }
    }
    return null;
  }

  /** Handshakes that passed the origin rule and then reached nobody. */
  private static void strays(Sightings seen, List<Finding> found) {
    List<Tried> strays =
        seen.attempts().stream()
            .filter(one -> STRAY_STAGES.contains(one.stage()) && !one.isOver())
            // The endpoint answers below its path, and says itself what is wrong there.
            .filter(one -> !(one.path() + "/").startsWith(seen.endpointPath() + "/"))
            .filter(one -> seen.nowMillis() - one.at() >= STRAY_MS)
            .filter(one -> seen.nowMillis() - one.at() <= RECENT_MS)
            .toList();
    if (strays.isEmpty()) {
      return;
    }
    Tried newest = strays.get(0);
    found.add(
        new Finding(
            "wrong_path",
            Level.WARNING,
            "A WebSocket was opened to a path where nothing listens",
            "The request was for " + newest.path() + "; the endpoint is at " + seen.endpointPath(),
            "open " + seen.endpointPath() + ", or map the servlet to the path that clients use",
            "createClient({ url: '" + seen.endpointPath() + "' })",
            strays.size(),
            strays.stream().map(Tried::id).toList()));
  }

  /** The order that the newest handshake found, which no API tells. */
  private static void filters(Sightings seen, List<Finding> found) {
    Tried newest = seen.attempts().stream().filter(Tried::reachedEndpoint).findFirst().orElse(null);
    if (newest == null) {
      return;
    }
    int origin = newest.filters().indexOf(ORIGIN_FILTER);
    int token = newest.filters().indexOf(TOKEN_FILTER);
    if (origin < 0) {
      found.add(
          new Finding(
              "origin_filter_missing",
              Level.WARNING,
              "No DevCorsFilter stands in front of the endpoint",
              "The request went through " + newest.filters() + ": any page may open a WebSocket",
              "map DevCorsFilter to /*, before all other filters",
              "<filter-mapping>\n  <filter-name>cors</filter-name>\n"
                  + "  <url-pattern>/*</url-pattern>\n</filter-mapping>",
              1,
              List.of(newest.id())));
    } else if (token >= 0 && token < origin) {
      found.add(
          new Finding(
              "filter_order",
              Level.WARNING,
              "JwtHandshakeFilter stands before DevCorsFilter",
              "The request went through "
                  + newest.filters()
                  + ": a page cannot read why its token is refused",
              "move the filter-mapping of DevCorsFilter to the top of web.xml: the order of the"
                  + " mappings is the order of the filters",
              null,
              1,
              List.of(newest.id())));
    }
  }

  /** What the start and the requests have shown, unless a handshake has shown it more exactly. */
  private static void setUp(List<Finding> warnings, List<Finding> found) {
    Set<String> known = found.stream().map(Finding::code).collect(Collectors.toSet());
    for (Finding warning : warnings) {
      boolean said =
          known.contains(warning.code())
              || (warning.code().equals("token_filter_missing")
                  && known.contains(RefusalCode.HANDSHAKE_FILTER_MISSING.word()))
              || (warning.code().equals("upgrade_removed")
                  && known.contains(RefusalCode.UPGRADE_REQUIRED.word()));
      if (!said) {
        found.add(warning);
      }
    }
  }

  private static Finding wellOrQuiet(Sightings seen) {
    if (seen.attempts().isEmpty()) {
      return new Finding(
          "no_handshake_yet",
          Level.OK,
          "No handshake has arrived yet",
          "The endpoint waits at "
              + seen.endpointPath()
              + ". If a page says that it cannot connect, its request goes elsewhere: to another"
              + " port, or to a dev server that does not forward upgrades",
          "let the dev server forward the WebSocket, then run the self-test",
          "// vite.config.js\nserver: { proxy: { '"
              + seen.endpointPath()
              + "': { target: 'http://localhost:8080', ws: true } } }",
          0,
          List.of());
    }
    long welcome = seen.attempts().stream().filter(Tried::isWelcome).count();
    return new Finding(
        "all_well",
        Level.OK,
        "All well",
        seen.open().size()
            + (seen.open().size() == 1 ? " connection is open" : " connections are open")
            + "; "
            + welcome
            + " of the last "
            + seen.attempts().size()
            + (seen.attempts().size() == 1 ? " handshake" : " handshakes")
            + " still stand",
        "nothing to do",
        null,
        seen.open().size(),
        List.of());
  }

  /** The members of the document. */
  public Map<String, Object> toMap() {
    return Objects.requireNonNull(headline).toMap();
  }
}
