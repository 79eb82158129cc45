package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.internal.Recent;
import java.net.URI;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.eclipse.jetty.http.BadMessageException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.eclipse.jetty.websocket.core.FrameHandler;
import org.eclipse.jetty.websocket.core.Negotiated;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.WebSocketConnection;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;
import org.eclipse.jetty.websocket.core.server.internal.AbstractHandshaker;
import org.eclipse.jetty.websocket.core.server.internal.RFC6455Negotiation;
import org.eclipse.jetty.websocket.core.server.internal.WebSocketNegotiation;
import org.eclipse.jetty.websocket.core.util.WebSocketUtils;
import org.jspecify.annotations.Nullable;

/**
 * The handshake of RFC 6455 section 4.2 as Jetty does it, with connections of our own. Jetty's
 * class for it is final; negotiation, checks and the rest of the work are those of its base.
 */
public final class DirectHandshaker extends AbstractHandshaker {
  static final HttpField UPGRADE = new PreEncodedHttpField(HttpHeader.UPGRADE, "websocket");
  static final HttpField CONNECTION = new PreEncodedHttpField(HttpHeader.CONNECTION, "Upgrade");

  private final Consumer<LinkageError> broken;

  /** Null where each connection is read when it is found. */
  private final @Nullable Rounds rounds = Rounds.ifInSight();

  /** Those asked for lately: without a query they are few. */
  private final Recent<URI> uris = new Recent<>();

  /**
   * A handshaker.
   *
   * @param broken told when something of Jetty is missing
   */
  DirectHandshaker(Consumer<LinkageError> broken) {
    this.broken = broken;
  }

  @Override
  public boolean isWebSocketUpgradeRequest(Request request) {
    return HttpMethod.GET.is(request.getMethod())
        && HttpVersion.HTTP_1_1.is(request.getConnectionMetaData().getProtocol())
        && super.isWebSocketUpgradeRequest(request);
  }

  @Override
  protected WebSocketNegotiation newNegotiation(
      Request request, Response response, Callback callback, WebSocketComponents components) {
    return new RFC6455Negotiation(request, response, callback, components);
  }

  @Override
  protected boolean validateNegotiation(WebSocketNegotiation negotiation) {
    boolean valid = super.validateNegotiation(negotiation);
    if (valid && ((RFC6455Negotiation) negotiation).getKey() == null) {
      throw new BadMessageException("Missing request header 'Sec-WebSocket-Key'");
    }
    return valid;
  }

  /** With one address of the endpoint for all: Jetty keeps one of its own with each connection. */
  @Override
  protected WebSocketCoreSession newWebSocketCoreSession(
      Request request,
      FrameHandler handler,
      Negotiated negotiated,
      WebSocketComponents components) {
    Negotiated shared =
        new Negotiated(
            uris.shared(negotiated.getRequestURI()),
            negotiated.getSubProtocol(),
            negotiated.isSecure(),
            negotiated.getExtensions(),
            negotiated.getProtocolVersion());
    return super.newWebSocketCoreSession(request, handler, shared, components);
  }

  @Override
  protected WebSocketConnection createWebSocketConnection(
      Request request, WebSocketCoreSession session) {
    ConnectionMetaData meta = request.getConnectionMetaData();
    EndPoint endPoint = meta.getConnection().getEndPoint();
    Connector connector = meta.getConnector();
    Executor executor = connector.getExecutor();
    Scheduler scheduler = connector.getScheduler();
    ByteBufferPool buffers = connector.getByteBufferPool();
    WebSocketConnection connection =
        new DirectConnection(
            endPoint, executor, scheduler, buffers, session, round(connector, endPoint), broken);
    session.setWebSocketConnection(connection);
    return connection;
  }

  private Rounds.@Nullable Round round(Connector connector, EndPoint endPoint) {
    return rounds == null ? null : rounds.of(connector, endPoint);
  }

  @Override
  protected void prepareResponse(Response response, WebSocketNegotiation negotiation) {
    response.setStatus(HttpStatus.SWITCHING_PROTOCOLS_101);
    HttpFields.Mutable fields = response.getHeaders();
    fields.put(UPGRADE);
    fields.put(CONNECTION);
    fields.put(
        HttpHeader.SEC_WEBSOCKET_ACCEPT,
        WebSocketUtils.hashKey(((RFC6455Negotiation) negotiation).getKey()));
  }
}
