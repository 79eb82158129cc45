package dev.drawbridge.endpoint.internal.transport.jakarta;

import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import dev.drawbridge.filters.request.UpgradeRequest;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Upgrades by the call that Jakarta WebSocket 2.1 has for it, in Tomcat and in Undertow.
 * Thread-safe.
 */
public final class JakartaUpgrade implements SocketUpgrade {
  /** Nobody can ask for it: the container maps nothing to it. */
  private static final String PATH = "/drawbridge";

  private final ServerContainer container;
  private final VendorSession vendor;
  private final boolean compresses;
  private final TransportChoice choice;
  private final Closer closer = new Closer();
  private final Set<JakartaSocket> open = ConcurrentHashMap.newKeySet();

  private JakartaUpgrade(JakartaContainer found, ServerContainer container)
      throws ServletException {
    this.container = container;
    this.vendor = VendorSession.of(found);
    this.compresses = found.compresses();
    this.choice =
        new TransportChoice(found.kind().traits, found + " by the Jakarta API", vendor.lacks());
  }

  /**
   * The one of a container.
   *
   * @throws ServletException if another API than the container's own is in the way
   */
  public static SocketUpgrade in(JakartaContainer found) throws ServletException {
    if (found.container() instanceof ServerContainer container) {
      ApiInSight.check(found);
      return new JakartaUpgrade(found, container);
    }
    throw new ServletException(
        "jakarta.websocket is in the web application, where the container's own must be used:"
            + " remove jakarta.websocket-api from WEB-INF/lib");
  }

  @Override
  public TransportChoice transport() {
    return choice;
  }

  @Override
  public boolean upgrade(
      HandshakeRequest request, HttpServletResponse response, TransportOwner owner)
      throws IOException {
    if (UpgradeRequest.isConnect(request)) {
      // The container would answer by itself.
      return false;
    }
    Negotiation negotiation =
        new Negotiation(
            new JakartaSocket(owner, vendor, closer, open), compresses && request.takesDeflate());
    ServerEndpointConfig config =
        ServerEndpointConfig.Builder.create(JakartaSocket.class, PATH)
            .subprotocols(List.of(Protocol.NAME))
            .configurator(negotiation)
            .build();
    try {
      container.upgradeHttpToWebSocket(new PlainRequest(request), response, config, Map.of());
    } catch (DeploymentException e) {
      throw new IOException("the container does not upgrade", e);
    }
    return negotiation.isAccepted();
  }

  @Override
  public void stop() {
    // Undertow forgets those that are open when the web application goes, and leaves them open.
    closer.stop(open);
  }

  /**
   * Without user and HTTP session: with both, the container would close the WebSocket with 1008 at
   * the logout, or when the session has not been used for its time.
   */
  private static final class PlainRequest extends HttpServletRequestWrapper {
    PlainRequest(HttpServletRequest request) {
      super(request);
    }

    @Override
    public @Nullable Principal getUserPrincipal() {
      return null;
    }

    @Override
    public @Nullable String getRemoteUser() {
      return null;
    }

    @Override
    public @Nullable String getAuthType() {
      return null;
    }

    @Override
    public boolean isUserInRole(String role) {
      return false;
    }

    @Override
    public @Nullable HttpSession getSession() {
      return null;
    }

    @Override
    public @Nullable HttpSession getSession(boolean create) {
      return null;
    }
  }
}
