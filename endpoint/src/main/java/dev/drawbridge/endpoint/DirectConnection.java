package dev.drawbridge.endpoint;

import java.util.concurrent.Executor;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.eclipse.jetty.websocket.api.WebSocketContainer;
import org.eclipse.jetty.websocket.common.JettyWebSocketFrameHandler;
import org.eclipse.jetty.websocket.common.WebSocketSession;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.WebSocketConnection;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;

/**
 * A connection that is read on the thread of its selector, which wakes no other one for a frame.
 * Only for endpoints that do not block there. It reads in {@linkplain ReadingTurn turns}, so that
 * the others on the same selector are read too, however much one client sends.
 */
final class DirectConnection extends WebSocketConnection {
  private final Callback readable = new FrameArrival();
  private final ReadingTurn turn;
  private final WebSocketCoreSession session;

  DirectConnection(
      EndPoint endPoint,
      Executor executor,
      Scheduler scheduler,
      ByteBufferPool buffers,
      WebSocketCoreSession session) {
    this(new ReadingTurn(endPoint), executor, scheduler, buffers, session);
  }

  private DirectConnection(
      ReadingTurn turn,
      Executor executor,
      Scheduler scheduler,
      ByteBufferPool buffers,
      WebSocketCoreSession session) {
    super(turn, executor, scheduler, buffers, session);
    this.turn = turn;
    this.session = session;
  }

  @Override
  public void fillInterested() {
    fillInterested(readable);
  }

  @Override
  public void onFillable() {
    turn.begin();
    try {
      super.onFillable();
    } finally {
      endTurn();
    }
  }

  @Override
  public void run() {
    turn.begin();
    try {
      super.run();
    } finally {
      endTurn();
    }
  }

  private void endTurn() {
    if (turn.end()) {
      session.flush(Callback.NOOP);
    }
  }

  /**
   * Opens a session whose texts may wait for the end of a turn, if its connection reads in turns.
   */
  static WebSocketSession session(
      WebSocketContainer container, CoreSession core, JettyWebSocketFrameHandler handler) {
    return core instanceof WebSocketCoreSession session
            && session.getConnection() instanceof DirectConnection connection
        ? new TurnSession(container, core, handler, connection.turn)
        : new WebSocketSession(container, core, handler);
  }

  private static final class TurnSession extends WebSocketSession {
    private final ReadingTurn turn;

    TurnSession(
        WebSocketContainer container,
        CoreSession core,
        JettyWebSocketFrameHandler handler,
        ReadingTurn turn) {
      super(container, core, handler);
      this.turn = turn;
    }

    @Override
    public void sendText(String text, org.eclipse.jetty.websocket.api.Callback callback) {
      getCoreSession()
          .sendFrame(
              new Frame(OpCode.TEXT).setPayload(text),
              Callback.from(callback::succeed, callback::fail),
              turn.mayWait());
    }
  }

  private final class FrameArrival implements Callback {
    @Override
    public InvocationType getInvocationType() {
      return InvocationType.NON_BLOCKING;
    }

    @Override
    public void succeeded() {
      onFillable();
    }

    @Override
    public void failed(Throwable cause) {
      onFillInterestedFailed(cause);
    }
  }
}
