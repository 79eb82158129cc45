package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.internal.transport.jetty.JettySocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.api.WebSocketContainer;
import org.eclipse.jetty.websocket.common.JettyWebSocketFrameHandler;
import org.eclipse.jetty.websocket.common.JettyWebSocketFrameHandlerMetadata;
import org.eclipse.jetty.websocket.common.WebSocketSession;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.exception.WebSocketException;
import org.eclipse.jetty.websocket.core.messages.MessageSink;
import org.eclipse.jetty.websocket.core.messages.PartialByteBufferMessageSink;
import org.eclipse.jetty.websocket.core.messages.PartialStringMessageSink;
import org.jspecify.annotations.Nullable;

/**
 * Gives the frames of one connection to our listener without the reflection of Jetty's own handler:
 * the same calls in the same order, what they need is made when the first frame comes. Called by
 * one thread at a time.
 */
public final class DirectFrames extends JettyWebSocketFrameHandler {
  /** Without methods to reflect upon; ours demands each frame itself. */
  private static final JettyWebSocketFrameHandlerMetadata NOTHING =
      new JettyWebSocketFrameHandlerMetadata();

  private final WebSocketContainer sessions;
  private final JettySocket listener;
  private final Consumer<LinkageError> broken;

  /** Null until {@link #onOpen}. */
  private @Nullable WebSocketSession session;

  /** Null between messages; what takes the parts of the present one. */
  private @Nullable MessageSink sink;

  private boolean told;

  /**
   * The frames of one connection.
   *
   * @param broken told when something of Jetty is missing
   * @throws IllegalStateException if Jetty demands frames by itself
   */
  DirectFrames(WebSocketContainer container, JettySocket listener, Consumer<LinkageError> broken) {
    super(container, listener, NOTHING);
    this.sessions = container;
    this.listener = listener;
    this.broken = broken;
  }

  /** Whether Jetty leaves it to us to demand frames, as all of this expects. */
  static boolean canDemand() {
    return !NOTHING.isAutoDemand();
  }

  /** True if it is Jetty that lacks something, and not a class of the application. */
  public static boolean isOfJetty(LinkageError error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      String text = String.valueOf(cause.getMessage());
      if (text.contains("org/eclipse/jetty/") || text.contains("org.eclipse.jetty.")) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void onOpen(CoreSession core, Callback callback) {
    try {
      WebSocketSession opened = DirectConnection.session(sessions, core, this);
      session = opened;
      listener.onWebSocketOpen(opened);
      if (opened.isOpen()) {
        sessions.notifySessionListeners(each -> each.onWebSocketSessionOpened(opened));
      }
      callback.succeeded();
    } catch (RuntimeException | LinkageError e) {
      fail(callback, e);
    }
  }

  @Override
  public void onFrame(Frame frame, Callback callback) {
    try {
      take(frame, callback);
    } catch (RuntimeException | LinkageError e) {
      fail(callback, e);
    }
  }

  private void take(Frame frame, Callback callback) {
    switch (frame.getOpCode()) {
      case OpCode.TEXT -> text(frame, callback);
      case OpCode.BINARY ->
          part(new PartialByteBufferMessageSink(core(), this::binary, false), frame, callback);
      case OpCode.CONTINUATION -> part(sink, frame, callback);
      case OpCode.PING -> {
        listener.onWebSocketPing(copy(frame));
        callback.succeeded();
      }
      case OpCode.PONG -> {
        listener.onWebSocketPong(copy(frame));
        callback.succeeded();
      }
      case OpCode.CLOSE -> tell(CloseStatus.getCloseStatus(frame), callback);
      default -> callback.failed(new IllegalStateException("opcode " + frame.getOpCode()));
    }
  }

  @Override
  public void onError(Throwable cause, Callback callback) {
    if (cause instanceof LinkageError missing) {
      tellBroken(missing);
    }
    listener.onWebSocketError(cause);
    callback.succeeded();
  }

  @Override
  public void onClosed(CloseStatus status, Callback callback) {
    try {
      tell(status, callback);
      WebSocketSession closed = session;
      if (closed != null) {
        sessions.notifySessionListeners(each -> each.onWebSocketSessionClosed(closed));
      }
    } catch (LinkageError e) {
      fail(callback, e);
    }
  }

  private void fail(Callback callback, Throwable cause) {
    if (cause instanceof LinkageError missing) {
      tellBroken(missing);
    }
    callback.failed(new WebSocketException("the connection cannot go on", cause));
  }

  private void tellBroken(LinkageError cause) {
    if (isOfJetty(cause)) {
      broken.accept(cause);
    }
  }

  @Override
  public @Nullable WebSocketSession getSession() {
    return session;
  }

  private void text(Frame frame, Callback callback) {
    ByteBuffer payload = frame.getPayload();
    if (frame.isFin() && payload != null && isAscii(payload)) {
      listener.onWebSocketPartialText(
          BufferUtil.toString(payload, StandardCharsets.ISO_8859_1), true);
      callback.succeeded();
    } else {
      part(new PartialStringMessageSink(core(), this::text, false), frame, callback);
    }
  }

  private void part(@Nullable MessageSink to, Frame frame, Callback callback) {
    if (to == null) {
      throw new IllegalStateException("a continuation without a beginning");
    }
    sink = frame.isFin() ? null : to;
    to.accept(frame, callback);
  }

  private @Nullable Object text(Object... part) {
    listener.onWebSocketPartialText((String) part[0], (Boolean) part[1]);
    return null;
  }

  private @Nullable Object binary(Object... part) {
    listener.onWebSocketPartialBinary(
        (ByteBuffer) part[0], (Boolean) part[1], org.eclipse.jetty.websocket.api.Callback.NOOP);
    return null;
  }

  /** Once, by the close frame or by the end without one. */
  private void tell(CloseStatus status, Callback callback) {
    if (told) {
      callback.succeeded();
      return;
    }
    told = true;
    listener.closed(status.getCode(), status.getReason());
    callback.succeeded();
  }

  private CoreSession core() {
    if (session == null) {
      throw new IllegalStateException("a frame before the opening");
    }
    return session.getCoreSession();
  }

  private static boolean isAscii(ByteBuffer bytes) {
    for (int i = bytes.position(); i < bytes.limit(); i++) {
      if (bytes.get(i) < 0) {
        return false;
      }
    }
    return true;
  }

  private static ByteBuffer copy(Frame frame) {
    ByteBuffer payload = frame.getPayload();
    return payload == null ? BufferUtil.EMPTY_BUFFER : BufferUtil.copy(payload);
  }
}
