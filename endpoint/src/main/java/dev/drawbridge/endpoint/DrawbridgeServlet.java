package dev.drawbridge.endpoint;

import dev.drawbridge.filters.Attempt;
import dev.drawbridge.filters.DrawbridgeRuntime;
import dev.drawbridge.filters.Refusal;
import dev.drawbridge.filters.RefusalCode;
import dev.drawbridge.filters.RefusedException;
import dev.drawbridge.filters.RequestId;
import dev.drawbridge.filters.jwt.Handshake;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.eclipse.jetty.ee11.websocket.server.JettyServerUpgradeRequest;
import org.eclipse.jetty.ee11.websocket.server.JettyServerUpgradeResponse;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServlet;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServletFactory;
import org.eclipse.jetty.websocket.api.ExtensionConfig;
import org.jspecify.annotations.Nullable;

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
public class DrawbridgeServlet extends JettyWebSocketServlet {
  private static final long serialVersionUID = 1L;
  private static final String DEFLATE = "permessage-deflate";
  private static final String LINK_ATTRIBUTE = Link.class.getName();

  /** Null before init and after destroy, like all of these. */
  private transient volatile @Nullable DrawbridgeRuntime runtime;

  private transient volatile @Nullable Core core;
  private transient volatile @Nullable Routes routes;
  private transient volatile @Nullable DrainSwitch drainSwitch;
  private final transient Connections connections = new Connections();
  private final transient UpgradeLog refusals = new UpgradeLog();

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

  /** Settings, users and clock of the web application; usable from {@code configure} on. */
  protected final DrawbridgeRuntime runtime() {
    return Objects.requireNonNull(runtime, "the servlet is not initialized");
  }

  /** For tests of this module. */
  final Core core() {
    return Objects.requireNonNull(core, "the servlet is not initialized");
  }

  /** Starts the endpoint. */
  @Override
  public void init() throws ServletException {
    DrawbridgeRuntime joined = DrawbridgeRuntime.acquire(getServletConfig());
    try {
      runtime = joined;
      Endpoint.Builder builder = new Endpoint.Builder();
      configure(builder);
      Core started = new Core(joined, connections, builder.build());
      routes = new Routes(joined, started);
      connections.start(started);
      core = started;
      super.init();
      started.start();
      getServletContext().setAttribute(Connections.class.getName(), connections);
      drainSwitch = DrainSwitch.register(connections, getServletContext());
    } catch (ServletException | RuntimeException | Error e) {
      stop();
      throw e;
    }
  }

  /** Ends every connection. */
  @Override
  public void destroy() {
    getServletContext().removeAttribute(Connections.class.getName());
    stop();
    super.destroy();
  }

  private void stop() {
    DrainSwitch registered = drainSwitch;
    drainSwitch = null;
    if (registered != null) {
      registered.unregister();
    }
    Core stopping = core;
    core = null;
    if (stopping != null) {
      stopping.stop();
    }
    DrawbridgeRuntime leaving = runtime;
    runtime = null;
    if (leaving != null) {
      leaving.release();
    }
  }

  /** Jetty's side of the set-up; types are registered in the other {@code configure}. */
  @Override
  protected final void configure(JettyWebSocketServletFactory factory) {
    factory.setCreator(this::create);
  }

  /** Every request comes through here; subclasses change nothing about that. */
  @Override
  protected final void service(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    response.setHeader("Cache-Control", "no-store");
    response.setHeader(RequestId.HEADER, RequestId.of(request));
    Core running = core;
    Routes others = routes;
    DrawbridgeRuntime shared = runtime;
    if (running == null || others == null || shared == null) {
      throw new ServletException("the endpoint is stopped");
    }
    try {
      if (request.getPathInfo() == null) {
        socket(running, shared, request, response);
      } else {
        others.serve(request, response);
      }
    } catch (RefusedException e) {
      refuse(shared, request, response, e.refusal());
    }
  }

  private void socket(
      Core running,
      DrawbridgeRuntime shared,
      HttpServletRequest request,
      HttpServletResponse response)
      throws ServletException, IOException {
    if (!(request.getAttribute(Handshake.ATTRIBUTE) instanceof Handshake handshake)) {
      throw new RefusedException(
          RefusalCode.HANDSHAKE_FILTER_MISSING,
          "add <filter-mapping> of JwtHandshakeFilter with <url-pattern>"
              + request.getServletPath()
              + "</url-pattern> to web.xml");
    }
    if (!isUpgrade(request)) {
      throw new RefusedException(RefusalCode.UPGRADE_REQUIRED, "open a WebSocket to this address");
    }
    if (connections.isDraining()) {
      throw new RefusedException(RefusalCode.DRAINING, "the server is shutting down");
    }
    Attempt attempt = shared.attempts().of(request);
    Admission.Place place =
        running.admission().take(handshake.user().subject(), request.getRemoteAddr());
    Link link = new Link(running, handshake, place, attempt);
    running.opening().add(link);
    if (attempt != null) {
      attempt.passed(Attempt.Stage.LIMITS);
    }
    running.watchUsers();
    request.setAttribute(LINK_ATTRIBUTE, link);
    boolean upgraded = false;
    try {
      super.service(request, response);
      upgraded = response.getStatus() == HttpServletResponse.SC_SWITCHING_PROTOCOLS;
    } finally {
      request.removeAttribute(LINK_ATTRIBUTE);
      if (!upgraded) {
        link.abort("not upgraded");
      }
    }
  }

  private @Nullable Object create(
      JettyServerUpgradeRequest request, JettyServerUpgradeResponse response) {
    if (!(request.getServletAttribute(LINK_ATTRIBUTE) instanceof Link link)) {
      return null;
    }
    if (request.getSubProtocols().contains(Protocol.NAME)) {
      response.setAcceptedSubProtocol(Protocol.NAME);
    }
    response.setExtensions(extensions(request, link.core().config().compression()));
    return new SocketListener(link);
  }

  /**
   * Compression only where it is wanted, and without a context that each connection would hold for
   * its whole life: hundreds of kilobytes outside of the heap.
   */
  private static List<ExtensionConfig> extensions(
      JettyServerUpgradeRequest request, boolean compression) {
    for (ExtensionConfig offered : request.getExtensions()) {
      if (compression && offered.getName().equals(DEFLATE)) {
        offered.setParameter("server_no_context_takeover");
        offered.setParameter("client_no_context_takeover");
        return List.of(offered);
      }
    }
    return List.of();
  }

  /** What Jetty does not take for an upgrade after all, such as another version. */
  @Override
  protected final void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setHeader("Sec-WebSocket-Version", "13");
    refuse(
        runtime(),
        request,
        response,
        Refusal.of(
            RefusalCode.UPGRADE_REQUIRED,
            "the request is not a WebSocket handshake of version 13 (RFC 6455 section 4.2.1)"));
  }

  private static boolean isUpgrade(HttpServletRequest request) {
    return "websocket".equalsIgnoreCase(request.getHeader("Upgrade"))
        || request.getMethod().equals("CONNECT");
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
    Attempt attempt = shared.attempts().of(request);
    if (attempt != null) {
      attempt.refused(Attempt.Stage.LIMITS, refusal);
    }
    // A fault of the set-up is worth a line whatever the request was.
    if (attempt != null || refusal.code() == RefusalCode.HANDSHAKE_FILTER_MISSING) {
      refusals.refused(request, attempt, refusal);
    }
    refusal.send(request, response, shared.mode());
  }
}
