package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.internal.StopSteps;
import dev.drawbridge.endpoint.internal.connection.Place;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.connection.SessionConnections;
import dev.drawbridge.endpoint.internal.diagnostics.DevLink;
import dev.drawbridge.endpoint.internal.diagnostics.Diagnostics;
import dev.drawbridge.endpoint.internal.diagnostics.Witness;
import dev.drawbridge.endpoint.internal.http.Routes;
import dev.drawbridge.endpoint.internal.http.UpgradeLog;
import dev.drawbridge.endpoint.internal.receive.EndpointDefinition;
import dev.drawbridge.endpoint.internal.server.ApplicationEnvironment;
import dev.drawbridge.endpoint.internal.server.ConnectionIndex;
import dev.drawbridge.endpoint.internal.server.DrainSwitch;
import dev.drawbridge.endpoint.internal.server.EndpointRuntime;
import dev.drawbridge.endpoint.internal.server.EngineSelector;
import dev.drawbridge.endpoint.internal.server.Measurement;
import dev.drawbridge.endpoint.internal.server.ReloadSweep;
import dev.drawbridge.endpoint.internal.server.TransportSelector;
import dev.drawbridge.endpoint.internal.setup.SetUpCheck;
import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import dev.drawbridge.endpoint.internal.warmup.Script;
import dev.drawbridge.endpoint.internal.warmup.WarmUp;
import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.attempt.AttemptFacts;
import dev.drawbridge.filters.jwt.Handshake;
import dev.drawbridge.filters.jwt.token.TokenSignature;
import dev.drawbridge.filters.log.Traces;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.request.Passage;
import dev.drawbridge.filters.request.RequestId;
import dev.drawbridge.filters.request.UpgradeRequest;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.runtime.Libraries;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the filter chain: upgrades authenticated requests, and serves the routes beside the
 * WebSocket. Mapped to {@code /ws/*} or another path of that form, behind {@code DevCorsFilter} and
 * {@code JwtHandshakeFilter}. An application extends it and overrides {@link
 * #configure(Endpoint.Builder)}.
 *
 * <p>It fails closed: a request without a {@link Handshake} is never upgraded. It upgrades from
 * here, and not by a mapping of the container, because the container would put its own filter
 * before ours.
 */
public class DrawbridgeServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final Logger log = LoggerFactory.getLogger(DrawbridgeServlet.class);

  /** Its pools of buffers came with this minor version. */
  private static final int JACKSON_MINOR = 16;

  /** Null before init and after destroy, like all of these. */
  private transient volatile @Nullable DrawbridgeRuntime runtime;

  private transient volatile @Nullable SocketUpgrade upgrade;
  private transient volatile @Nullable EndpointRuntime core;
  private transient volatile @Nullable Routes routes;
  private transient volatile @Nullable Measurement measurement;

  /** Null in production too. */
  private transient volatile @Nullable Diagnostics diagnostics;

  /** Null in production too. */
  private transient volatile @Nullable DevLink devLink;

  private transient volatile @Nullable DrainSwitch drainSwitch;
  private final transient ConnectionIndex connections = new ConnectionIndex();
  private final transient UpgradeLog refusals = new UpgradeLog(log);

  /** How it upgrades in the warm-up; null but there. */
  private final transient @Nullable SocketUpgrade rehearsed;

  /** Called by the container. */
  public DrawbridgeServlet() {
    this.rehearsed = null;
  }

  private DrawbridgeServlet(SocketUpgrade rehearsed) {
    this.rehearsed = rehearsed;
  }

  /** What is run before anybody is there, in a context of its own. */
  private static final class Understudy extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;

    private Understudy(SocketUpgrade upgrade) {
      super(upgrade);
    }

    @Override
    protected void configure(Endpoint.Builder endpoint) {
      Script.configure(endpoint);
    }
  }

  /**
   * Registers the message types and their handlers. Called once, before the first connection.
   *
   * @param endpoint collects them
   */
  protected void configure(Endpoint.Builder endpoint) {
    // Without types the endpoint still welcomes, keeps alive and pushes.
  }

  /** The open connections of this endpoint. */
  protected final Connections connections() {
    return connections;
  }

  /** Mode, clock and users of the web application; usable from {@code configure} on. */
  protected final EndpointEnvironment environment() {
    return new ApplicationEnvironment(
        Objects.requireNonNull(runtime, "the servlet is not initialized"));
  }

  /** For tests of this module; null in production. */
  final @Nullable Diagnostics diagnostics() {
    return diagnostics;
  }

  /** For tests of this module. */
  final EndpointRuntime core() {
    return Objects.requireNonNull(core, "the servlet is not initialized");
  }

  /** Starts the endpoint. */
  @Override
  public void init() throws ServletException {
    Libraries.requireJackson(JACKSON_MINOR);
    SocketUpgrade inMemory = rehearsed;
    SocketUpgrade possible =
        inMemory == null ? TransportSelector.in(getServletContext()) : inMemory;
    DrawbridgeRuntime joined = DrawbridgeRuntime.acquire(getServletConfig());
    try {
      runtime = joined;
      EndpointDefinition.Builder builder = new EndpointDefinition.Builder();
      configure(builder);
      Measurement measuring = Measurement.start(getServletContext(), joined, connections);
      measurement = measuring;
      EndpointDefinition endpoint = builder.build(measuring.meters());
      SocketUpgrade tuned = inMemory == null ? tuned(possible, joined.settings()) : inMemory;
      upgrade = tuned;
      measuring.meters().serves(tuned.transport().way());
      Witness witness = joined.mode().isDevelopment() ? new Witness(joined.clock()) : null;
      EndpointRuntime started =
          new EndpointRuntime(
              joined,
              connections,
              endpoint,
              measuring,
              tuned,
              witness,
              EngineSelector.of(getServletContext(), joined.settings(), joined::sharedDatabase));
      if (witness != null) {
        diagnostics = new Diagnostics(started, witness, getServletContext());
        String page = getServletContext().getContextPath() + mappings().get(0) + Diagnostics.PATH;
        DevLink link = new DevLink(joined.devKey(), getServletContext(), page);
        started.onTick(link::tick);
        devLink = link;
      }
      for (String mapping : mappings()) {
        joined
            .management()
            .addRoutes(List.of(mapping + "/drain", mapping + "/reload", mapping + "/metrics"));
      }
      routes = new Routes(joined, started, diagnostics);
      connections.start(started);
      core = started;
      started.start();
      started.setUp().started(SetUpCheck.warnings(getServletConfig(), started.config()));
      getServletContext().setAttribute(Connections.class.getName(), connections);
      getServletContext().setAttribute(Channels.class.getName(), started.publishing());
      if (inMemory == null) {
        started.startSources(getServletContext());
        drainSwitch = DrainSwitch.register(connections, getServletContext());
        WarmUp.run(getServletContext(), joined, tuned, Understudy::new);
      }
    } catch (ServletException | RuntimeException | Error e) {
      stop();
      throw e;
    }
  }

  private SocketUpgrade tuned(SocketUpgrade possible, Settings settings) throws ServletException {
    SocketUpgrade tuned = TransportSelector.tuned(possible, getServletContext(), settings);
    String weaker = tuned.transport().weaker();
    String quicker = tuned.transport().quicker();
    log.info(
        "transport {}{}{}",
        tuned.transport(),
        weaker == null ? "" : "; weaker: " + weaker,
        quicker == null ? "" : "; quicker: " + quicker);
    return tuned;
  }

  /**
   * Where the endpoint is, without the context path, as far as its mapping tells before the first
   * request; at least one.
   */
  private List<String> mappings() {
    ServletRegistration registration = getServletContext().getServletRegistration(getServletName());
    List<String> paths =
        registration == null
            ? List.of()
            : registration.getMappings().stream()
                .filter(pattern -> pattern.endsWith("/*"))
                .map(pattern -> pattern.substring(0, pattern.length() - 2))
                .toList();
    return paths.isEmpty() ? List.of("/ws") : paths;
  }

  /** Ends every connection. */
  @Override
  public void destroy() {
    StopSteps.takeAll(this::hide, this::stop);
  }

  private void hide() {
    String name = Connections.class.getName();
    if (getServletContext().getAttribute(name) == connections) {
      getServletContext().removeAttribute(name);
      getServletContext().removeAttribute(Channels.class.getName());
    }
  }

  private void stop() {
    DrainSwitch registered = drainSwitch;
    drainSwitch = null;
    devLink = null;
    Diagnostics shown = diagnostics;
    diagnostics = null;
    EndpointRuntime stopping = core;
    core = null;
    Measurement measured = measurement;
    measurement = null;
    DrawbridgeRuntime leaving = runtime;
    runtime = null;
    StopSteps.takeAll(
        registered == null ? DrawbridgeServlet::nothing : registered::unregister,
        shown == null ? DrawbridgeServlet::nothing : shown::close,
        stopping == null ? DrawbridgeServlet::nothing : stopping::stop,
        measured == null ? DrawbridgeServlet::nothing : measured::stop,
        leaving == null ? DrawbridgeServlet::nothing : leaving::release);
  }

  private static void nothing() {
    // A step of what was not started.
  }

  /** Every request comes through here; subclasses change nothing about that. */
  @Override
  protected final void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    Passage.arrived(request);
    response.setHeader("Cache-Control", "no-store");
    response.setHeader(RequestId.HEADER, RequestId.of(request));
    EndpointRuntime running = core;
    Routes others = routes;
    DrawbridgeRuntime shared = runtime;
    SocketUpgrade way = upgrade;
    if (running == null || others == null || shared == null || way == null) {
      throw new ServletException("the endpoint is stopped");
    }
    DevLink link = devLink;
    if (link != null) {
      link.seen(request);
    }
    try {
      if (request.getPathInfo() == null) {
        socket(running, shared, way, request, response);
      } else {
        others.serve(request, response);
      }
    } catch (RefusedException e) {
      refuse(shared, request, response, e.refusal());
    } catch (RuntimeException e) {
      if (request.isAsyncStarted() || response.isCommitted() || rehearsed != null) {
        throw e;
      }
      log.error("request failed: requestId={}", RequestId.of(request), Traces.withoutMessage(e));
      refuse(shared, request, response, Refusal.of(RefusalCode.INTERNAL));
    }
  }

  private void socket(
      EndpointRuntime running,
      DrawbridgeRuntime shared,
      SocketUpgrade way,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    Attempt attempt = shared.attempts().of(request);
    AttemptFacts facts = attempt == null ? null : attempt.facts();
    if (facts != null) {
      facts.servlet(getServletName());
      facts.observeFilters();
    }
    if (!(request.getAttribute(Handshake.ATTRIBUTE) instanceof Handshake handshake)) {
      throw new RefusedException(
          RefusalCode.HANDSHAKE_FILTER_MISSING,
          "add <filter-mapping> of JwtHandshakeFilter with <url-pattern>"
              + request.getServletPath()
              + "</url-pattern> to web.xml");
    }
    if (!UpgradeRequest.asksForWebSocket(request)) {
      throw new RefusedException(
          RefusalCode.UPGRADE_REQUIRED, running.setUp().notUpgraded(request));
    }
    HandshakeRequest asked = HandshakeRequest.of(request, running.config().compression());
    if (asked == null) {
      throw noHandshake(response);
    }
    running.setUp().handshake(request);
    if (connections.isDraining()) {
      throw new RefusedException(RefusalCode.DRAINING, "the server is shutting down");
    }
    Diagnostics developers = diagnostics;
    if (developers != null) {
      developers.admit(handshake.user().subject());
    }
    Place place =
        running.admit(
            handshake.user().subject(),
            request.getRemoteAddr(),
            HandshakeRequest.replaces(request));
    ServerConnection link = null;
    boolean upgraded = false;
    try {
      link =
          new ServerConnection(
              running,
              handshake,
              request.getAttribute(TokenSignature.ATTRIBUTE) instanceof TokenSignature signature
                  ? signature
                  : null,
              HandshakeRequest.facts(request, running.endpoint().keptHeaders()),
              place,
              attempt);
      if (facts != null) {
        facts.connection(link.id());
      }
      connections.admitted(link);
      if (attempt != null) {
        attempt.passed(Attempt.Stage.LIMITS);
      }
      running.watchUsers();
      ReloadSweep.check(shared, link);
      if (connections.isDraining()) {
        // Asked again where the drain sees this one: one of the two finds the other.
        throw new RefusedException(RefusalCode.DRAINING, "the server is shutting down");
      }
      if (running.config().closesWithSession()
          && !SessionConnections.closeAtEndOf(request.getSession(false), link)) {
        throw new RefusedException(RefusalCode.TOKEN_REVOKED, "the HTTP session has ended");
      }
      if (!way.upgrade(asked, response, link)) {
        throw noHandshake(response);
      }
      upgraded = isUpgraded(request, response);
    } finally {
      if (link == null) {
        place.release();
      } else if (!upgraded) {
        link.abort("not upgraded");
      }
    }
  }

  /** Null also for a request that cannot be recorded. */
  private static @Nullable Attempt recorded(DrawbridgeRuntime shared, HttpServletRequest request) {
    try {
      return shared.attempts().of(request);
    } catch (RuntimeException e) {
      return null;
    }
  }

  /**
   * False if the container has answered with an error of its own. Else 101 of HTTP/1.1 or the 200
   * of HTTP/2 (RFC 8441 section 5) is sent; the response of a filter that keeps the status by
   * itself has not heard of it, and is told.
   */
  private static boolean isUpgraded(HttpServletRequest request, HttpServletResponse response) {
    int status = response.getStatus();
    if (status >= HttpServletResponse.SC_BAD_REQUEST) {
      return false;
    }
    if (status != HttpServletResponse.SC_SWITCHING_PROTOCOLS
        && !UpgradeRequest.isConnect(request)) {
      response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
    }
    return true;
  }

  private static RefusedException noHandshake(HttpServletResponse response) {
    response.setHeader("Sec-WebSocket-Version", "13");
    return new RefusedException(
        RefusalCode.UPGRADE_REQUIRED,
        "the request is not a WebSocket handshake of version 13 (RFC 6455 section 4.2.1)");
  }

  private void refuse(
      DrawbridgeRuntime shared,
      HttpServletRequest request,
      HttpServletResponse response,
      Refusal refusal)
      throws IOException {
    if (refusal.code() == RefusalCode.UPGRADE_REQUIRED) {
      response.setHeader("Upgrade", "websocket");
    }
    Attempt attempt = recorded(shared, request);
    if (attempt != null) {
      attempt.refused(Attempt.Stage.LIMITS, refusal);
    }
    // A fault of the set-up is worth a line whatever the request was.
    if (rehearsed == null
        && (attempt != null || refusal.code() == RefusalCode.HANDSHAKE_FILTER_MISSING)) {
      refusals.refused(request, attempt, refusal);
    }
    refusal.send(request, response, shared.mode());
  }
}
