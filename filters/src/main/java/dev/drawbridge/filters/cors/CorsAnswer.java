package dev.drawbridge.filters.cors;

import dev.drawbridge.filters.cors.rules.CorsConfig;
import dev.drawbridge.filters.cors.rules.HttpTokens;
import dev.drawbridge.filters.cors.rules.OriginText;
import dev.drawbridge.filters.settings.Setting;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The headers that a browser is told. Fetch standard, section "CORS protocol". Thread-safe. */
final class CorsAnswer {
  private static final Logger log = LoggerFactory.getLogger(DevCorsFilter.class);

  private static final String TRUE = "true";

  /** Browsers let these pass whatever the preflight's answer says. */
  private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD", "POST");

  private static final int MAX_ASKED_NAMES = 64;
  private static final int MAX_ASKED_CHARACTERS = 4096;

  private final CorsConfig config;
  private final String methods;
  private final String headers;
  private final String exposed;
  private final String maxAgeSeconds;
  private final String preflightVary;
  private final Set<String> knownHeaders = new LinkedHashSet<>();
  private final AtomicBoolean secondVoiceReported = new AtomicBoolean();

  CorsAnswer(CorsConfig config) {
    this.config = config;
    methods = String.join(", ", config.allowedMethods());
    headers = String.join(", ", config.allowedHeaders());
    exposed = String.join(", ", config.exposedHeaders());
    maxAgeSeconds = Long.toString(config.maxAge().toSeconds());
    String vary =
        String.join(
            ", ", CorsHeaders.ORIGIN, CorsHeaders.REQUEST_METHOD, CorsHeaders.REQUEST_HEADERS);
    preflightVary =
        config.privateNetwork() ? vary + ", " + CorsHeaders.REQUEST_PRIVATE_NETWORK : vary;
    config.allowedHeaders().forEach(name -> knownHeaders.add(name.toLowerCase(Locale.ROOT)));
  }

  /**
   * Sets what every answer carries, and what a page needs to read it.
   *
   * @param origin the allowed origin as sent, or null for a request that gets no CORS headers
   */
  void apply(HttpServletResponse response, @Nullable String origin) {
    CorsHeaders.varyByOrigin(response);
    allow(response, origin);
  }

  /** Sets what a page needs to read the answer, for whom {@code Vary} is set already. */
  void allow(HttpServletResponse response, @Nullable String origin) {
    if (origin == null) {
      return;
    }
    response.setHeader(CorsHeaders.ALLOW_ORIGIN, origin);
    response.setHeader(CorsHeaders.ALLOW_CREDENTIALS, TRUE);
    if (!exposed.isEmpty()) {
      response.setHeader(CorsHeaders.EXPOSE_HEADERS, exposed);
    }
  }

  /**
   * Sets again, as far as the answer has not begun, what somebody has thrown away: an upgrade has
   * no {@link GuardedResponse}.
   */
  void restore(HttpServletResponse response, @Nullable String origin) {
    if (response.isCommitted()) {
      return;
    }
    if (origin != null && response.getHeader(CorsHeaders.ALLOW_ORIGIN) == null) {
      apply(response, origin);
    } else {
      CorsHeaders.varyByOrigin(response);
    }
  }

  /** True for what a browser asks before it sends the real request. */
  static boolean isPreflight(HttpServletRequest request) {
    if (!"OPTIONS".equals(request.getMethod())) {
      return false;
    }
    String method = request.getHeader(CorsHeaders.REQUEST_METHOD);
    return method != null && !method.isBlank();
  }

  /**
   * Answers a preflight of an allowed origin: always 204 and the whole lists, so that the browser
   * can name the method or header that is not in them instead of blaming the origin.
   *
   * @return what was asked and is not listed, for the log; null when all is listed
   */
  @Nullable String preflight(
      HttpServletRequest request, HttpServletResponse response, String origin) {
    response.setHeader(CorsHeaders.ALLOW_ORIGIN, origin);
    response.setHeader(CorsHeaders.ALLOW_CREDENTIALS, TRUE);
    CorsHeaders.addItems(response, CorsHeaders.VARY, preflightVary);
    if (!methods.isEmpty()) {
      response.setHeader(CorsHeaders.ALLOW_METHODS, methods);
    }
    List<String> unknown = unknownHeaders(request);
    boolean echoed = config.mode().isDevelopment();
    String allowedHeaders = echoed ? withAsked(unknown) : headers;
    if (!allowedHeaders.isEmpty()) {
      response.setHeader(CorsHeaders.ALLOW_HEADERS, allowedHeaders);
    }
    response.setHeader(CorsHeaders.MAX_AGE, maxAgeSeconds);
    if (config.privateNetwork()
        && TRUE.equals(request.getHeader(CorsHeaders.REQUEST_PRIVATE_NETWORK))) {
      response.setHeader(CorsHeaders.ALLOW_PRIVATE_NETWORK, TRUE);
    }
    response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    String method = request.getHeader(CorsHeaders.REQUEST_METHOD);
    if (!SAFE_METHODS.contains(method) && !config.allowedMethods().contains(method)) {
      return notListed("method " + method, Setting.CORS_ALLOWED_METHODS);
    }
    return echoed || unknown.isEmpty()
        ? null
        : notListed("header " + unknown.get(0), Setting.CORS_ALLOWED_HEADERS);
  }

  private static String notListed(String what, Setting setting) {
    return OriginText.escaped(what) + " is not in " + setting.variable();
  }

  /** What was asked beside the list; gateways spread the names over several lines. */
  private List<String> unknownHeaders(HttpServletRequest request) {
    Enumeration<String> lines = request.getHeaders(CorsHeaders.REQUEST_HEADERS);
    if (lines == null || !lines.hasMoreElements()) {
      return List.of();
    }
    Set<String> seen = new LinkedHashSet<>();
    while (lines.hasMoreElements()) {
      HttpTokens.forEachItem(
          lines.nextElement(),
          name -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (seen.size() <= MAX_ASKED_NAMES && !knownHeaders.contains(lower)) {
              seen.add(lower);
            }
          });
    }
    return List.copyOf(seen);
  }

  private String withAsked(List<String> asked) {
    StringBuilder list = new StringBuilder(headers);
    for (String name : asked) {
      if (HttpTokens.isToken(name) && !name.equals("*")) {
        list.append(list.isEmpty() ? "" : ", ").append(name);
      }
    }
    boolean fits = asked.size() <= MAX_ASKED_NAMES && list.length() <= MAX_ASKED_CHARACTERS;
    return fits ? list.toString() : headers;
  }

  /** The application has a CORS filter of its own behind this one: said once, it is no fault. */
  void reportSecondVoice(String header) {
    if (secondVoiceReported.compareAndSet(false, true)) {
      log.info(
          "The application sets {} itself; the value of DevCorsFilter stays, because a browser"
              + " refuses an answer with two. Remove the other CORS code, or this filter",
          header);
    }
  }
}
