package dev.drawbridge.endpoint;

import java.util.concurrent.Executor;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Scheduler;
import org.eclipse.jetty.websocket.core.WebSocketConnection;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;

/**
 * A connection that is read on the thread of its selector, which wakes no other one for a frame.
 * Only for endpoints that do not block there. A client that sends without a pause is handed to
 * another thread after {@value #FRAMES_IN_A_ROW} frames, so that the others are read too.
 */
final class DirectConnection extends WebSocketConnection {
  private static final int FRAMES_IN_A_ROW = 64;

  private final Callback readable = new FrameArrival();

  /** Frames that the present thread may still read; a hint, so no lock guards it. */
  private int left;

  DirectConnection(
      EndPoint endPoint,
      Executor executor,
      Scheduler scheduler,
      ByteBufferPool buffers,
      WebSocketCoreSession session) {
    super(endPoint, executor, scheduler, buffers, session);
  }

  @Override
  public void fillInterested() {
    fillInterested(readable);
  }

  @Override
  public void onFillable() {
    left = FRAMES_IN_A_ROW;
    super.onFillable();
  }

  /** Called on a thread of the pool, which may go on as long as it likes. */
  @Override
  public void run() {
    left = Integer.MAX_VALUE;
    super.run();
  }

  @Override
  public void demand() {
    left--;
    if (left == 0) {
      getExecutor().execute(super::demand);
    } else {
      super.demand();
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
