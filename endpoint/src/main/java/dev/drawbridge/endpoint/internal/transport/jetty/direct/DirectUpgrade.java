package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import dev.drawbridge.endpoint.internal.transport.Loopback;
import dev.drawbridge.endpoint.internal.transport.Offers;
import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import dev.drawbridge.endpoint.internal.transport.jetty.ApiUpgrade;
import dev.drawbridge.endpoint.internal.transport.jetty.JettyReleases;
import dev.drawbridge.endpoint.internal.transport.jetty.JettySocket;
import dev.drawbridge.endpoint.internal.transport.jetty.JettyUpgrade;
import dev.drawbridge.filters.settings.Setting;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Blocker;
import org.eclipse.jetty.websocket.api.Configurable;
import org.eclipse.jetty.websocket.common.JettyExtensionConfig;
import org.eclipse.jetty.websocket.core.Configuration;
import org.eclipse.jetty.websocket.core.ExtensionConfig;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.server.ServerUpgradeRequest;
import org.eclipse.jetty.websocket.core.server.WebSocketNegotiator;
import org.eclipse.jetty.websocket.core.server.WebSocketServerComponents;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Jetty whose own classes are in sight: the same handshake without the views and the copies of it
 * that the API for web applications makes, without a change of threads for each frame, and with the
 * answer to the handshake in one write with the first frame. {@link ApiUpgrade} does the rest.
 */
public final class DirectUpgrade implements SocketUpgrade {
  private static final Logger log = LoggerFactory.getLogger(DirectUpgrade.class);
  private static final String QUICKER =
      "keep jars of Jetty out of WEB-INF/lib, and take a release of it that was tried";

  private final ServletContext webApplication;
  private final Servlets servlets;
  private final WebSocketComponents components;
  private final DirectHandshaker handshaker;
  private final Configuration.Customizer customizer;
  private final SocketUpgrade others;
  private final String serverInfo;

  /** Null while this way is good. */
  private final AtomicReference<@Nullable LinkageError> broken = new AtomicReference<>();

  /** One for all connections, which keep it. */
  private final Consumer<LinkageError> whenBroken = this::broken;

  /**
   * Looks for what it needs, all of it: what is missing must not be found by a handshake.
   *
   * @param servlets of the EE that is there
   * @throws LinkageError if the container hides its classes, as from a WAR
   */
  DirectUpgrade(ServletContext context, Servlets servlets, SocketUpgrade others) {
    for (Class<?> part :
        List.of(
            servlets.getClass(),
            Servlets.class,
            DirectUpgrade.class,
            DirectHandshaker.class,
            DirectConnection.class,
            DirectFrames.class,
            DeflateExtension.class,
            HeldAnswer.class,
            TextFrame.class,
            TunnelStream.class,
            ReadingTurn.class,
            WritingEndPoint.class)) {
      Linkage.check(part);
    }
    this.webApplication = context;
    this.servlets = servlets;
    this.components =
        DeflateExtension.in(WebSocketServerComponents.getWebSocketComponents(servlets.context()));
    this.handshaker = new DirectHandshaker(whenBroken);
    this.customizer = customizer(servlets.limits());
    this.others = others;
    this.serverInfo = context.getServerInfo();
    if (!DirectFrames.canDemand()) {
      throw new IllegalStateException("Jetty demands frames by itself");
    }
  }

  private static Configuration.Customizer customizer(Configurable limits) {
    Configuration.ConfigurationCustomizer customizer = new Configuration.ConfigurationCustomizer();
    customizer.setInputBufferSize(limits.getInputBufferSize());
    customizer.setOutputBufferSize(limits.getOutputBufferSize());
    customizer.setMaxFrameSize(limits.getMaxFrameSize());
    customizer.setAutoFragment(limits.isAutoFragment());
    return customizer;
  }

  @Override
  public TransportChoice transport() {
    LinkageError found = broken.get();
    return found == null
        ? JettyReleases.direct()
        : JettyReleases.api("something of Jetty is missing: " + found, QUICKER, serverInfo);
  }

  /**
   * Something that was there at the start is not, or not as it was: the connections to come take
   * the way of the API.
   */
  private void broken(LinkageError cause) {
    if (broken.compareAndSet(null, cause)) {
      log.warn(
          "something of Jetty is missing, so its API for applications is used from now on;"
              + " {}=jetty-api does so from the start",
          Setting.TRANSPORT.variable(),
          cause);
    }
  }

  @Override
  public @Nullable Loopback loopback() {
    try {
      if (Server.class.getClassLoader() != DirectLoopback.class.getClassLoader()) {
        // Classes of the server that begin below this application keep it when it is taken away:
        // a constant of HttpChannelState is a Throwable, which has the frames in its trace.
        return null;
      }
      Linkage.check(DirectLoopback.class);
      return new DirectLoopback(servlets, own -> new DirectUpgrade(webApplication, own, others));
    } catch (LinkageError | RuntimeException e) {
      log.debug("no way through Jetty without a socket", e);
      return null;
    }
  }

  @Override
  public boolean upgrade(
      HandshakeRequest request, HttpServletResponse response, TransportOwner owner)
      throws IOException {
    if (broken.get() == null) {
      try {
        return upgradeDirectly(request, response, owner);
      } catch (LinkageError e) {
        broken(e);
        if (response.isCommitted()) {
          throw e;
        }
      }
    }
    return others.upgrade(request, response, owner);
  }

  private boolean upgradeDirectly(
      HandshakeRequest request, HttpServletResponse response, TransportOwner owner)
      throws IOException {
    Request core = servlets.request(request);
    Request plain = new PlainRequest(core, request);
    if (!handshaker.isWebSocketUpgradeRequest(plain)) {
      // HTTP/2 has a handshake of its own.
      core.addHttpStreamWrapper(TunnelStream::new);
      return others.upgrade(request, response, owner);
    }
    boolean hasSession = request.getSession(false) != null;
    core.addHttpStreamWrapper(stream -> HeldAnswer.on(stream, core, hasSession, owner));
    WebSocketNegotiator negotiator =
        (asked, answer, callback) -> {
          if (asked.getSubProtocols().contains(Protocol.NAME)) {
            answer.setAcceptedSubProtocol(Protocol.NAME);
          }
          answer.setExtensions(extensions(request, asked));
          return new DirectFrames(servlets.container(), JettySocket.of(owner), whenBroken);
        };
    try (Blocker.Callback callback = Blocker.callback()) {
      boolean upgraded =
          handshaker.upgradeRequest(
              negotiator, plain, servlets.response(core), callback, components, customizer);
      if (upgraded) {
        callback.block();
      }
      return upgraded;
    }
  }

  /** The request as {@link HandshakeRequest} shows it: no more of it is negotiated upon. */
  private static final class PlainRequest extends Request.Wrapper {
    private static final HttpField VERSION =
        new HttpField(HttpHeader.SEC_WEBSOCKET_VERSION, HandshakeRequest.VERSION);
    private static final HttpField SUBPROTOCOL =
        new HttpField(HttpHeader.SEC_WEBSOCKET_SUBPROTOCOL, Protocol.NAME);
    private static final HttpField DEFLATE =
        new HttpField(HttpHeader.SEC_WEBSOCKET_EXTENSIONS, Offers.DEFLATE);

    private final HttpFields headers;
    private final HttpURI uri;

    PlainRequest(Request request, HandshakeRequest checked) {
      super(request);
      this.headers = headers(checked);
      this.uri = plain(request.getHttpURI());
    }

    /** The same as {@link HandshakeRequest#headers}. */
    private static HttpFields headers(HandshakeRequest request) {
      HttpFields.Mutable fields = HttpFields.build();
      fields.add(VERSION);
      String key = request.key();
      if (key != null) {
        fields.add(DirectHandshaker.UPGRADE);
        fields.add(DirectHandshaker.CONNECTION);
        fields.add(HttpHeader.SEC_WEBSOCKET_KEY, key);
      }
      if (request.speaksOurs()) {
        fields.add(SUBPROTOCOL);
      }
      if (request.takesDeflate()) {
        fields.add(DEFLATE);
      }
      return fields;
    }

    /** Without query and path parameters: Jetty would stumble over a lone per cent sign there. */
    private static HttpURI plain(HttpURI asked) {
      String path = asked.getCanonicalPath();
      if (asked.getQuery() == null
          && asked.getParam() == null
          && Objects.equals(path, asked.getPath())) {
        return asked;
      }
      return HttpURI.build(asked)
          .param(null) // First: a path takes on what is there.
          .path(path)
          .query(null)
          .asImmutable();
    }

    @Override
    public HttpFields getHeaders() {
      return headers;
    }

    @Override
    public HttpURI getHttpURI() {
      return uri;
    }
  }

  private static List<ExtensionConfig> extensions(
      HandshakeRequest request, ServerUpgradeRequest asked) {
    if (asked.getExtensions().isEmpty()) {
      return List.of();
    }
    List<org.eclipse.jetty.websocket.api.ExtensionConfig> offers =
        asked.getExtensions().stream()
            .<org.eclipse.jetty.websocket.api.ExtensionConfig>map(JettyExtensionConfig::new)
            .toList();
    return JettyUpgrade.extensions(request, offers).stream()
        .map(accepted -> ExtensionConfig.parse(accepted.getParameterizedName()))
        .toList();
  }
}
