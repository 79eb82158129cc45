package dev.drawbridge.endpoint;

import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.Map;
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
final class SetUpWatch {
  private static final Logger log = LoggerFactory.getLogger(SetUpWatch.class);
  private static final Pattern KEEP_ALIVE =
      Pattern.compile("(?:^|[ ,])timeout=(\\d{1,6})(?:$|[ ,])");

  private enum Topic {
    START,
    ASYNC,
    UPGRADE_REMOVED,
    KEEP_ALIVE
  }

  private final EndpointConfig config;
  private final Map<String, SetUpWarning> said = new ConcurrentHashMap<>();

  SetUpWatch(EndpointConfig config) {
    this.config = config;
  }

  /** What was found at the start. */
  void started(List<SetUpWarning> warnings) {
    warnings.forEach(warning -> say(Topic.START.name() + warning.what(), warning));
  }

  /** Everything that was said so far. */
  List<SetUpWarning> warnings() {
    return List.copyOf(said.values());
  }

  /** A handshake on its way to the upgrade. */
  void handshake(HttpServletRequest request) {
    if (!request.isAsyncSupported() && isNew(Topic.ASYNC)) {
      say(
          Topic.ASYNC.name(),
          new SetUpWarning(
              "a filter or the servlet in front of "
                  + request.getServletPath()
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
  String notUpgraded(HttpServletRequest request) {
    if (request.getHeader("Sec-WebSocket-Version") == null) {
      return "open a WebSocket to this address";
    }
    SetUpWarning warning =
        new SetUpWarning(
            "a handshake for "
                + request.getServletPath()
                + " came without its Upgrade header: a proxy in between has removed it",
            "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;"
                + " proxy_set_header Connection \"upgrade\"; others: docs/debugging.md");
    if (isNew(Topic.UPGRADE_REMOVED)) {
      say(Topic.UPGRADE_REMOVED.name(), warning);
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
        && isNew(Topic.KEEP_ALIVE)) {
      say(
          Topic.KEEP_ALIVE.name(),
          new SetUpWarning(
              String.format(
                  "a proxy says Keep-Alive: timeout=%s, and the heartbeat asks only after %d s of"
                      + " silence: the proxy may cut quiet connections before",
                  timeout.group(1), config.heartbeatInterval().toSeconds()),
              "DRAWBRIDGE_HEARTBEAT_INTERVAL at most three quarters of the proxy's limit, or a"
                  + " longer limit for this path"));
    }
  }

  private boolean isNew(Topic topic) {
    return !said.containsKey(topic.name());
  }

  private void say(String topic, SetUpWarning warning) {
    if (said.putIfAbsent(topic, warning) == null) {
      log.warn("{}", warning);
    }
  }
}
