package dev.drawbridge.endpoint.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbHealth;
import dev.drawbridge.endpoint.internal.Json;
import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.endpoint.internal.Requests;
import dev.drawbridge.endpoint.internal.diagnostics.AttemptView;
import dev.drawbridge.endpoint.internal.diagnostics.Diagnostics;
import dev.drawbridge.endpoint.internal.server.EndpointRuntime;
import dev.drawbridge.filters.access.DevKey;
import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.attempt.Attempts;
import dev.drawbridge.filters.jwt.Handshake;
import dev.drawbridge.filters.jwt.authentication.DevTokens;
import dev.drawbridge.filters.log.Printable;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.request.LocalRequest;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.LiveSettings;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.SettingChange;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The HTTP routes beside the WebSocket. Thread-safe. PROTOCOL.md sections 1 and 2. */
public final class Routes {
  private static final int MAX_PATH = 128;
  private static final String RELOAD = "/reload";

  private final DrawbridgeRuntime runtime;
  private final EndpointRuntime core;
  private final Discovery discovery;

  /** Null in production. */
  private final @Nullable Diagnostics diagnostics;

  public Routes(
      DrawbridgeRuntime runtime, EndpointRuntime core, @Nullable Diagnostics diagnostics) {
    this.runtime = runtime;
    this.diagnostics = diagnostics;
    this.core = core;
    this.discovery = new Discovery(core);
  }

  /**
   * Answers one request.
   *
   * @throws RefusedException with {@code not_found}, {@code method_not_allowed} or the route's own
   */
  public void serve(HttpServletRequest request, HttpServletResponse response) throws IOException {
    String path = request.getPathInfo();
    switch (path) {
      case "/config" -> {
        Requests.require(request, response, "GET");
        Json.send(response, 200, discovery.document(request));
      }
      case "/health" -> {
        Requests.require(request, response, "GET");
        health(response);
      }
      case "/diagnose" -> {
        Requests.require(request, response, "GET");
        Json.send(response, 200, diagnosis(request));
      }
      case "/metrics" -> metrics(request, response);
      case "/dev-token" -> devToken(request, response);
      case "/drain" -> drain(request, response);
      case RELOAD -> reload(request, response);
      case "/" ->
          throw new RefusedException(
              RefusalCode.NOT_FOUND,
              "the endpoint is at "
                  + Printable.of(request.getContextPath() + request.getServletPath(), MAX_PATH)
                  + ", without the slash at its end");
      default -> {
        if (diagnostics == null || !path.startsWith(Diagnostics.PATH)) {
          throw Requests.notFound();
        }
        diagnostics.serve(request, response);
      }
    }
  }

  private void health(HttpServletResponse response) throws IOException {
    Map<String, Object> body = new LinkedHashMap<>();
    Database database = runtime.database();
    boolean databaseIsUp = database == null || database.health().status() != DbHealth.Status.DOWN;
    boolean draining = core.connections().isDraining();
    body.put("status", databaseIsUp && !draining ? "up" : "down");
    if (draining) {
      body.put("draining", true);
    }
    if (database != null && !databaseIsUp) {
      body.put("database", "down");
    }
    // Of no influence on the status: without its engine a server does all but publish.
    body.put("cluster", core.channels().readings().cluster());
    Json.send(response, databaseIsUp && !draining ? 200 : 503, body);
  }

  private Map<String, Object> diagnosis(HttpServletRequest request) {
    if (!(request.getAttribute(Handshake.ATTRIBUTE) instanceof Handshake handshake)) {
      throw new RefusedException(
          RefusalCode.HANDSHAKE_FILTER_MISSING,
          "add <filter-mapping> of JwtHandshakeFilter with <url-pattern>"
              + request.getServletPath()
              + "/diagnose</url-pattern> to web.xml");
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("code", Attempt.OK);
    body.put("user", Protocol.user(handshake.user()));
    body.put("tokenExpiresAt", handshake.expiresAt().toEpochMilli());
    String id = Attempts.idParameter(request.getQueryString());
    body.put(
        "attempt",
        id == null
            ? null
            : runtime.attempts().find(id).map(attempt -> told(attempt, request)).orElse(null));
    return body;
  }

  private Map<String, Object> told(Attempt attempt, HttpServletRequest request) {
    return diagnostics == null ? AttemptView.brief(attempt) : diagnostics.told(attempt, request);
  }

  private void metrics(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String wanted = runtime.settings().string(Setting.METRICS);
    boolean near = !"local".equals(wanted) || LocalRequest.isLocal(request);
    requireManagement(request, !"off".equals(wanted) && near);
    Requests.require(request, response, "GET");
    String text = core.meters().scrape();
    if (text == null) {
      throw new RefusedException(
          RefusalCode.NOT_FOUND, "no metrics: " + core.meters().whyNoScrape());
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    response.setContentType("text/plain; version=0.0.4; charset=utf-8");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setContentLength(bytes.length);
    response.getOutputStream().write(bytes);
  }

  private void devToken(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    DevKey key = runtime.devKey();
    if (!key.isAskedFrom(request)) {
      throw Requests.notFound();
    }
    Requests.require(request, response, "POST");
    if (!key.opens(request)) {
      throw Requests.keyRequired(request);
    }
    DevTokens tokens = core.authenticator().devTokens();
    JsonNode body = Requests.body(request);
    JsonNode subject = body.path("sub");
    JsonNode ttl = body.path("ttlSeconds");
    JsonNode expired = body.path("expired");
    if (!subject.isTextual()
        || !(ttl.isMissingNode() || (ttl.canConvertToInt() && ttl.isIntegralNumber()))
        || !(expired.isMissingNode() || expired.isBoolean())) {
      throw new RefusedException(
          RefusalCode.REQUEST_INVALID,
          "the body is {\"sub\": string, \"ttlSeconds\": integer or absent, \"expired\": boolean or"
              + " absent}");
    }
    Duration life = ttl.isMissingNode() ? DevTokens.DEFAULT_TTL : Duration.ofSeconds(ttl.asInt());
    DevTokens.Minted minted = tokens.mint(subject.asText(), life, expired.asBoolean(false));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("token", minted.token());
    answer.put("expiresAt", minted.expiresAt().toEpochMilli());
    Json.send(response, 200, answer);
  }

  private void drain(HttpServletRequest request, HttpServletResponse response) throws IOException {
    requireManagement(request, runtime.settings().bool(Setting.DRAIN_ROUTE));
    Requests.require(request, response, "POST");
    int connections = core.connections().size();
    if (core.connections().drain() == null) {
      throw new IllegalStateException("drain() returned nothing");
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("status", "draining");
    body.put("connections", connections);
    Json.send(response, HttpServletResponse.SC_ACCEPTED, body);
  }

  private void reload(HttpServletRequest request, HttpServletResponse response) throws IOException {
    requireManagement(request, runtime.settings().bool(Setting.RELOAD_ROUTE));
    Requests.require(request, response, "POST");
    LiveSettings.Reload done;
    try {
      done =
          runtime
              .live()
              .reload("POST " + Printable.of(request.getServletPath(), MAX_PATH) + RELOAD);
    } catch (ConfigurationException e) {
      // The operator is who asks, so that the problems are told in production, too.
      throw new RefusedException(
          Refusal.of(RefusalCode.SETTINGS_INVALID, "see problems").with("problems", e.problems()));
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("status", "reloaded");
    body.put("generation", done.generation());
    body.put("changed", done.changed().stream().map(Routes::told).toList());
    body.put("needsRestart", done.needsRestart().stream().map(Routes::told).toList());
    body.put("warnings", done.warnings());
    body.put("closed", done.closed());
    Json.send(response, HttpServletResponse.SC_OK, body);
  }

  /** Of a secret only that it is another one. */
  private static Map<String, Object> told(SettingChange change) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", change.setting().variable());
    map.put("what", change.what());
    if (change.before() != null || change.after() != null) {
      map.put("before", change.before());
      map.put("after", change.after());
    }
    return map;
  }

  /**
   * Lets the operator's secret through, whoever sends it and from wherever; nothing else: no user,
   * no address.
   *
   * @throws RefusedException with {@code not_found} where the route is off, {@code
   *     management_token_invalid}
   */
  private void requireManagement(HttpServletRequest request, boolean on) {
    if (!on || !runtime.management().isSet()) {
      throw Requests.notFound();
    }
    if (!runtime.management().isSentBy(request)) {
      throw new RefusedException(
          RefusalCode.MANAGEMENT_TOKEN_INVALID,
          "send the value of DRAWBRIDGE_MANAGEMENT_TOKEN as Authorization: Bearer");
    }
  }
}
