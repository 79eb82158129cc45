package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.receive.MessageDispatcher;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Jetty calls. Public only because Jetty reaches listeners by reflection; not for use.
 *
 * <p>Frames are demanded one by one, so a connection that is not read costs no memory.
 */
public class SocketListener implements Session.Listener {
  private static final Logger log = LoggerFactory.getLogger(SocketListener.class);

  private static final int CLOSE_PARAMETERS = 3;

  /** From Jetty 12.1.1 on a listener is told of the close with a callback, before without. */
  private static final boolean CLOSES_WITH_CALLBACK = closesWithCallback();

  private final ServerConnection link;

  /** Null until {@link #onWebSocketOpen}. */
  private @Nullable Session session;

  /** Jetty has found something wrong; it is then Jetty that closes, not the client. */
  private boolean failed;

  /** Null until {@link #onWebSocketOpen}. */
  private @Nullable MessageDispatcher conversation;

  /** The one for the release of Jetty that is there. */
  public static SocketListener of(ServerConnection link) {
    return CLOSES_WITH_CALLBACK ? new SocketListener(link) : new OlderSocketListener(link);
  }

  private static boolean closesWithCallback() {
    return Arrays.stream(Session.Listener.class.getMethods())
        .anyMatch(
            method ->
                method.getName().equals("onWebSocketClose")
                    && method.getParameterTypes().length == CLOSE_PARAMETERS);
  }

  SocketListener(ServerConnection link) {
    this.link = link;
  }

  @Override
  public void onWebSocketOpen(Session opened) {
    session = opened;
    conversation = link.open(opened);
    opened.demand();
  }

  @Override
  public void onWebSocketPartialText(String payload, boolean last) {
    if (conversation != null) {
      conversation.text(payload, last);
    }
  }

  @Override
  public void onWebSocketPartialBinary(ByteBuffer payload, boolean last, Callback callback) {
    int bytes = payload.remaining();
    callback.succeed();
    if (conversation != null) {
      conversation.binary(bytes, last);
    }
  }

  @Override
  public void onWebSocketPing(ByteBuffer payload) {
    if (conversation != null && session != null) {
      conversation.received();
      // The next frame only when this pong is written: pings that nobody reads the answers of
      // would fill Jetty's queue.
      session.sendPong(payload, Callback.from(session::demand, failure -> demand()));
    }
  }

  @Override
  public void onWebSocketPong(ByteBuffer payload) {
    if (conversation != null) {
      conversation.received();
      demand();
    }
  }

  @Override
  public void onWebSocketError(Throwable cause) {
    failed = true;
    log.debug("connection {}: {}", link.id(), cause.toString());
  }

  @Override
  public void onWebSocketClose(int statusCode, @Nullable String reason, Callback callback) {
    closed(statusCode, reason);
    callback.succeed();
  }

  /** The connection is over; Jetty tells by whom, or that something failed before. */
  public final void closed(int statusCode, @Nullable String reason) {
    link.closed(statusCode, reason == null ? "" : reason, initiator(statusCode));
  }

  private Initiator initiator(int statusCode) {
    if (statusCode == CloseCode.ABNORMAL) {
      return Initiator.NETWORK;
    }
    return failed ? Initiator.SERVER : Initiator.CLIENT;
  }

  private void demand() {
    if (session != null) {
      session.demand();
    }
  }
}
