package dev.drawbridge.endpoint.internal.setup;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.setup.SetUpWarning.Code;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.log.Printable;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns from requests and connections what nobody can know at the start, and says each thing once.
 * Thread-safe.
 */
public final class SetUpWatch {
  private static final Logger log = LoggerFactory.getLogger(SetUpWatch.class);
  private static final int MAX_PATH = 128;
  private static final Pattern KEEP_ALIVE =
      Pattern.compile("(?:^|[ ,])timeout=(\\d{1,6})(?:$|[ ,])");

  private final EndpointConfig config;
  private final Set<SetUpWarning> said = ConcurrentHashMap.newKeySet();

  /** Codes that are said once, whatever they say. */
  private final Set<Code> seen = ConcurrentHashMap.newKeySet();

  public SetUpWatch(EndpointConfig config) {
    this.config = config;
  }

  /** What was found at the start. */
  public void started(List<SetUpWarning> warnings) {
    warnings.forEach(this::say);
  }

  /** Everything that was said so far and that no request has proved wrong, in a fixed order. */
  public List<SetUpWarning> warnings() {
    return said.stream()
        .sorted(Comparator.comparing(SetUpWarning::code).thenComparing(SetUpWarning::what))
        .toList();
  }

  /** An authenticated handshake on its way to the upgrade. */
  public void handshake(HttpServletRequest request) {
    if (!said.isEmpty()) {
      // A filter that another one calls, as Spring's proxies do, has no mapping of its own.
      said.removeIf(
          one ->
              one.code() == Code.TOKEN_FILTER_MISSING
                  || (one.code() == Code.ORIGIN_FILTER_MISSING
                      && DevCorsFilter.hasPassed(request)));
    }
    if (!request.isAsyncSupported() && seen.add(Code.ASYNC_OFF)) {
      say(
          new SetUpWarning(
              Code.ASYNC_OFF,
              "a filter or the servlet in front of "
                  + Printable.word(request.getServletPath(), MAX_PATH)
                  + " is without async support, which live diagnostics and your own asynchronous"
                  + " code behind it need",
              "<async-supported>true</async-supported> in each <filter> and <servlet> of the"
                  + " chain"));
    }
    keepAlive(request.getHeader("Keep-Alive"));
  }

  /**
   * A request for the socket's path that is no upgrade.
   *
   * @return what to do about it
   */
  public String notUpgraded(HttpServletRequest request) {
    if (request.getHeader("Sec-WebSocket-Version") == null) {
      return "open a WebSocket to this address";
    }
    SetUpWarning warning =
        new SetUpWarning(
            Code.UPGRADE_REMOVED,
            "a handshake for "
                + Printable.word(request.getServletPath(), MAX_PATH)
                + " came without its Upgrade header: a proxy in between has removed it",
            "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;"
                + " proxy_set_header Connection \"upgrade\"; others: docs/debugging.md");
    if (seen.add(Code.UPGRADE_REMOVED)) {
      say(warning);
    }
    return warning.toString();
  }

  private void keepAlive(@Nullable String header) {
    if (header == null) {
      return;
    }
    Matcher timeout = KEEP_ALIVE.matcher(header);
    if (timeout.find()
        && Long.parseLong(timeout.group(1)) <= config.heartbeatInterval().toSeconds()
        && seen.add(Code.PROXY_LIMIT_SHORT)) {
      say(
          new SetUpWarning(
              Code.PROXY_LIMIT_SHORT,
              String.format(
                  "a proxy says Keep-Alive: timeout=%s, and the heartbeat asks only after %d s of"
                      + " silence: the proxy may cut quiet connections before",
                  timeout.group(1), config.heartbeatInterval().toSeconds()),
              "DRAWBRIDGE_HEARTBEAT_INTERVAL at most three quarters of the proxy's limit, or a"
                  + " longer limit for this path"));
    }
  }

  private void say(SetUpWarning warning) {
    if (said.add(warning)) {
      log.warn("{}", warning);
    }
  }
}
