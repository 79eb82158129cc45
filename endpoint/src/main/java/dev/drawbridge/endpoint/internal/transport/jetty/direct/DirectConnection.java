package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.internal.transport.Transport;
import dev.drawbridge.endpoint.internal.transport.WireText;
import dev.drawbridge.endpoint.internal.transport.jetty.GatheringSession;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.eclipse.jetty.websocket.api.WebSocketContainer;
import org.eclipse.jetty.websocket.common.JettyWebSocketFrameHandler;
import org.eclipse.jetty.websocket.common.WebSocketSession;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.WebSocketConnection;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;
import org.jspecify.annotations.Nullable;

/**
 * A connection that is read on the thread of its selector, which wakes no other one for a frame:
 * nothing that is done there blocks. It reads in {@linkplain ReadingTurn turns}, so that the others
 * on the same selector are read too, however much one client sends.
 */
public final class DirectConnection extends WebSocketConnection implements Callback {
  private final ReadingTurn turn;
  private final WebSocketCoreSession session;

  /** Told when something of Jetty is missing. */
  private final Consumer<LinkageError> broken;

  /** In which it is read; null if it is read when it is found. */
  private final Rounds.@Nullable Round round;

  /** What its round had counted at its last turn. The selecting thread's. */
  private long lastTurn;

  /** Who wants to know when what waited is written. Set before the first text. */
  private volatile Callback flushed = Callback.NOOP;

  DirectConnection(
      EndPoint endPoint,
      Executor executor,
      Scheduler scheduler,
      ByteBufferPool buffers,
      WebSocketCoreSession session,
      Rounds.@Nullable Round round,
      Consumer<LinkageError> broken) {
    this(new ReadingTurn(endPoint), executor, scheduler, buffers, session, round, broken);
  }

  private DirectConnection(
      ReadingTurn turn,
      Executor executor,
      Scheduler scheduler,
      ByteBufferPool buffers,
      WebSocketCoreSession session,
      Rounds.@Nullable Round round,
      Consumer<LinkageError> broken) {
    super(turn, executor, scheduler, buffers, session);
    this.turn = turn;
    this.session = session;
    this.round = round;
    this.broken = broken;
  }

  /** Keeps the answer to the handshake until the first frame, at most until this has opened. */
  void hold(ByteBuffer answer) {
    turn.hold(answer);
  }

  /** Writes the answer to the handshake, unless it went out with a frame. */
  void release() {
    turn.release();
  }

  @Override
  public long getMessagesOut() {
    return super.getMessagesOut() + turn.ownFrames();
  }

  @Override
  public long getBytesOut() {
    return super.getBytesOut() + turn.ownBytes();
  }

  @Override
  public void onOpen() {
    try {
      super.onOpen();
    } finally {
      release();
    }
  }

  @Override
  public void fillInterested() {
    fillInterested(this);
  }

  /** The connection itself is what Jetty calls when a frame arrives, there is one for each. */
  @Override
  public InvocationType getInvocationType() {
    return InvocationType.NON_BLOCKING;
  }

  @Override
  public void succeeded() {
    if (round == null) {
      onFillable();
    } else {
      round.add(this);
    }
  }

  long lastTurn() {
    return lastTurn;
  }

  /**
   * It is its turn.
   *
   * @param turns of the round so far, this one included
   */
  void read(long turns) {
    lastTurn = turns;
    onFillable();
  }

  @Override
  public void failed(Throwable cause) {
    onFillInterestedFailed(cause);
  }

  @Override
  public void onFillable() {
    turn.begin();
    try {
      super.onFillable();
    } catch (LinkageError e) {
      tellBroken(e);
      throw e;
    } finally {
      endTurn();
    }
  }

  @Override
  public void run() {
    turn.begin();
    try {
      super.run();
    } catch (LinkageError e) {
      tellBroken(e);
      throw e;
    } finally {
      endTurn();
    }
  }

  private void tellBroken(LinkageError cause) {
    if (DirectFrames.isOfJetty(cause)) {
      broken.accept(cause);
    }
  }

  private void endTurn() {
    if (turn.end()) {
      session.flush(flushed);
    }
  }

  /**
   * Opens a session whose texts may wait for the end of a turn, if its connection reads in turns.
   */
  static WebSocketSession session(
      WebSocketContainer container, CoreSession core, JettyWebSocketFrameHandler handler) {
    return core instanceof WebSocketCoreSession session
            && session.getConnection() instanceof DirectConnection connection
        ? new TurnSession(container, core, handler, connection)
        : new WebSocketSession(container, core, handler);
  }

  private static final class TurnSession extends WebSocketSession implements GatheringSession {
    private final DirectConnection connection;

    /** No extension changes the frames. */
    private final boolean plain;

    /**
     * Something was copied and not written yet, as far as is known here. The sender's, of whom
     * there is one at a time.
     */
    private volatile boolean copied;

    TurnSession(
        WebSocketContainer container,
        CoreSession core,
        JettyWebSocketFrameHandler handler,
        DirectConnection connection) {
      super(container, core, handler);
      this.connection = connection;
      this.plain = core.getNegotiatedExtensions().isEmpty();
    }

    @Override
    public boolean mayWait() {
      return connection.turn.mayWait();
    }

    @Override
    public void sendText(
        WireText text, boolean waits, org.eclipse.jetty.websocket.api.Callback callback) {
      text.toOneMore();
      if (!waits && !copied && plain && writeNow(text, callback)) {
        return;
      }
      copied = waits;
      getCoreSession().sendFrame(new TextFrame(text), core(callback), waits);
    }

    /** Past Jetty's queue of frames, for which most of the processor's time would go. */
    private boolean writeNow(WireText text, org.eclipse.jetty.websocket.api.Callback callback) {
      byte[] frame = TextFrame.whole(text, getCoreSession().getMaxFrameSize());
      return frame != null
          && connection.turn.writeNow(frame, connection.session::isOutputOpen, callback);
    }

    @Override
    public void flush() {
      connection.session.flush(connection.flushed);
    }

    @Override
    public void onFlush(Transport.Writer writer) {
      connection.flushed = new Flush(writer);
    }

    private static Callback core(org.eclipse.jetty.websocket.api.Callback callback) {
      return Callback.from(callback::succeed, callback::fail);
    }
  }

  /** Tells that all that waited is written; there is one for each connection. */
  private record Flush(Transport.Writer writer) implements Callback {
    @Override
    public void succeeded() {
      writer.flushed();
    }
  }
}
