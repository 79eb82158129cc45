package dev.drawbridge.filters.jwt;

import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.log.LogBudget;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.request.Passage;
import dev.drawbridge.filters.request.RequestId;
import dev.drawbridge.filters.request.RequestPath;
import dev.drawbridge.filters.request.UpgradeRequest;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of handshakes that something of the application has answered before they came to the
 * endpoint, such as a login filter that sends everybody to its page: the client sees a failed
 * WebSocket, and nobody else says why. Thread-safe.
 */
final class SwallowedHandshakes {
  /** Lines at WARN in a minute: {@value}. */
  static final int LINES_PER_MINUTE = 10;

  private static final Logger log = LoggerFactory.getLogger(JwtHandshakeFilter.class);
  private static final Set<String> OURS =
      Set.of(DevCorsFilter.class.getName(), JwtHandshakeFilter.class.getName());
  private static final int MAX_NAMES = 8;

  private final LogBudget budget = new LogBudget(LINES_PER_MINUTE, System::nanoTime);

  /**
   * Looks at a handshake that is over.
   *
   * @param seen whether {@link JwtHandshakeFilter} has had it
   */
  void over(ServletContext context, HttpServletRequest request, String path, boolean seen) {
    Passage passage = Passage.of(request);
    if (Refusal.isSent(request)
        // a route beside the handshake that carries one of its headers is no handshake
        || !UpgradeRequest.asksForWebSocket(request)
        || Passage.hasArrived(request)
        || request.isAsyncStarted()
        || (passage != null && (passage.isUpgrade(request) || passage.isStray()))
        || !(context.getAttribute(DrawbridgeRuntime.class.getName())
            instanceof DrawbridgeRuntime runtime)) {
      return;
    }
    Attempt attempt = recorded(runtime, request);
    if (attempt == null || !attempt.code().equals(Attempt.OK)) {
      return;
    }
    boolean cors = DevCorsFilter.hasPassed(request);
    String place =
        seen
            ? "behind JwtHandshakeFilter"
            : cors ? "between DevCorsFilter and JwtHandshakeFilter" : "in front of our filters";
    String who = who(context, path, passage);
    String what = what(passage);
    attempt.swallowed(what + " " + place + who);
    int withheld = budget.take();
    if (withheld != LogBudget.NOTHING) {
      log.warn(
          "handshake swallowed: it was {} {}{} requestId={} path={} fix=\"{}\"{}",
          what,
          place,
          who,
          RequestId.of(request),
          Refusals.shown(RequestPath.of(request)),
          Attempt.SWALLOWED_FIX,
          withheld > 0 ? " withheld=" + withheld : "");
    }
  }

  private static @Nullable Attempt recorded(DrawbridgeRuntime runtime, HttpServletRequest request) {
    try {
      return runtime.attempts().of(request);
    } catch (RuntimeException e) {
      return null;
    }
  }

  private static String what(@Nullable Passage passage) {
    if (passage == null) {
      return "answered";
    }
    Throwable failure = passage.failure();
    return failure == null
        ? "answered with status " + passage.status()
        : "ended by " + failure.getClass().getName();
  }

  /** The filter that has thrown, or those that stand in the way. */
  private static String who(ServletContext context, String path, @Nullable Passage passage) {
    Set<String> names = new TreeSet<>();
    List<String> classes = new ArrayList<>();
    for (FilterRegistration filter : context.getFilterRegistrations().values()) {
      String type = String.valueOf(filter.getClassName());
      boolean concerned =
          filter.getUrlPatternMappings().stream().anyMatch(at -> UpgradeWatch.matches(at, path))
              || !filter.getServletNameMappings().isEmpty();
      if (!OURS.contains(type) && concerned) {
        names.add(filter.getName());
        classes.add(type);
      }
    }
    Throwable failure = passage == null ? null : passage.failure();
    if (failure != null) {
      String thrower =
          Arrays.stream(failure.getStackTrace())
              .map(StackTraceElement::getClassName)
              .filter(classes::contains)
              .findFirst()
              .orElse(null);
      if (thrower != null) {
        return ", in " + thrower;
      }
    }
    return names.isEmpty()
        ? ""
        : ", where one of these filters may have done so: "
            + names.stream().limit(MAX_NAMES).map(Refusals::shown).toList();
  }
}
