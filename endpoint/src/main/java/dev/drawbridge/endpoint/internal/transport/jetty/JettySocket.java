package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.internal.transport.CloseFrame;
import dev.drawbridge.endpoint.internal.transport.Receiver;
import dev.drawbridge.endpoint.internal.transport.Transport;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import dev.drawbridge.endpoint.internal.transport.WireText;
import java.nio.ByteBuffer;
import java.nio.channels.ReadPendingException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One WebSocket of Jetty: what Jetty calls, the transport above it, and the callback of the text
 * under way, all in one object, because there is one for each idle connection. Public only because
 * Jetty reaches listeners by reflection; not for use.
 *
 * <p>Frames are demanded one by one, so a connection that is not read costs no memory.
 */
public class JettySocket implements Session.Listener, Transport, Callback {
  private static final Logger log = LoggerFactory.getLogger(JettySocket.class);

  private static final int CLOSE_PARAMETERS = 3;

  /** From Jetty 12.1.1 on a listener is told of the close with a callback, before without. */
  private static final boolean CLOSES_WITH_CALLBACK = closesWithCallback();

  private final TransportOwner owner;

  /** Null until {@link #onWebSocketOpen}; the owner hands it to other threads after that. */
  private @Nullable Session session;

  /** The same session where its texts may wait for each other, else null. */
  private @Nullable GatheringSession gathering;

  /** Null until {@link #onWebSocketOpen}. Reading thread only. */
  private @Nullable Receiver receiver;

  /** Null until {@link #writer}, which comes before the first text. */
  private @Nullable Writer writer;

  /** Jetty has found something wrong; it is then Jetty that closes, not the client. */
  private boolean failed;

  /** The one for the release of Jetty that is there. */
  public static JettySocket of(TransportOwner owner) {
    return CLOSES_WITH_CALLBACK ? new JettySocket(owner) : new OlderJettySocket(owner);
  }

  private static boolean closesWithCallback() {
    return Arrays.stream(Session.Listener.class.getMethods())
        .anyMatch(
            method ->
                method.getName().equals("onWebSocketClose")
                    && method.getParameterTypes().length == CLOSE_PARAMETERS);
  }

  JettySocket(TransportOwner owner) {
    this.owner = owner;
  }

  @Override
  public void onWebSocketOpen(Session opened) {
    session = opened;
    gathering = opened instanceof GatheringSession able ? able : null;
    // Ours count partial frames and answer before they close.
    opened.setMaxTextMessageSize(0);
    opened.setMaxBinaryMessageSize(0);
    receiver = owner.opened(this);
    opened.demand();
  }

  @Override
  public void onWebSocketPartialText(String payload, boolean last) {
    if (receiver != null) {
      receiver.text(payload, last);
    }
  }

  @Override
  public void onWebSocketPartialBinary(ByteBuffer payload, boolean last, Callback callback) {
    int bytes = payload.remaining();
    callback.succeed();
    if (receiver != null) {
      receiver.binary(bytes, last);
    }
  }

  @Override
  public void onWebSocketPing(ByteBuffer payload) {
    if (receiver != null && session != null) {
      receiver.control();
      // The next frame only when this pong is written: pings that nobody reads the answers of
      // would fill Jetty's queue.
      session.sendPong(payload, Callback.from(session::demand, failure -> demand()));
    }
  }

  @Override
  public void onWebSocketPong(ByteBuffer payload) {
    if (receiver != null) {
      receiver.control();
      demand();
    }
  }

  @Override
  public void onWebSocketError(Throwable cause) {
    failed = true;
    log.debug("connection {}: {}", owner.id(), cause.toString());
  }

  @Override
  public void onWebSocketClose(int statusCode, @Nullable String reason, Callback callback) {
    closed(statusCode, reason);
    callback.succeed();
  }

  /** The connection is over; Jetty tells by whom, or that something failed before. */
  public final void closed(int statusCode, @Nullable String reason) {
    owner.closed(statusCode, reason == null ? "" : reason, initiator(statusCode));
  }

  private Initiator initiator(int statusCode) {
    if (statusCode == CloseFrame.ABNORMAL) {
      return Initiator.NETWORK;
    }
    return failed ? Initiator.SERVER : Initiator.CLIENT;
  }

  private Session session() {
    return Objects.requireNonNull(session, "not open yet");
  }

  private Writer writer() {
    return Objects.requireNonNull(writer, "nobody writes yet");
  }

  @Override
  public final void writer(Writer told) {
    writer = told;
    if (gathering != null) {
      gathering.onFlush(told);
    }
  }

  /**
   * Tells that all that was copied is written. A failure says nothing: after a close frame Jetty
   * refuses every flush, and a transport that broke ends the connection.
   */
  private static Callback flushed(Writer told) {
    return Callback.from(told::flushed, failure -> {});
  }

  @Override
  public final boolean mayWait() {
    return gathering != null && gathering.mayWait();
  }

  @Override
  public final boolean gathers() {
    return gathering != null;
  }

  @Override
  public final void sendText(String text, boolean waits) {
    sendText(new WireText(text), waits);
  }

  @Override
  public final void sendText(WireText text, boolean waits) {
    if (gathering != null) {
      gathering.sendText(text, waits, this);
    } else {
      session().sendText(text.text(), this);
    }
  }

  @Override
  public final void flush() {
    if (gathering != null) {
      gathering.flush();
    }
  }

  /** Called by Jetty when the text under way is written, or copied if it may wait. */
  @Override
  public final void succeed() {
    writer().written();
  }

  /** Called by Jetty when the text under way could not be written. */
  @Override
  public final void fail(Throwable cause) {
    writer().failed(cause);
  }

  @Override
  public final void demand() {
    try {
      session().demand();
    } catch (ReadPendingException e) {
      throw e;
    } catch (IllegalStateException e) {
      // So answers Jetty's compression when the connection has ended meanwhile.
      log.debug("connection {} wants no frame any more", owner.id(), e);
    }
  }

  @Override
  public final void close(int code, String reason) {
    session().close(code, reason, flushed(writer()));
  }

  @Override
  public final void disconnect() {
    session().disconnect();
  }

  @Override
  public final void idleTimeout(Duration longest) {
    session().setIdleTimeout(longest);
  }
}
