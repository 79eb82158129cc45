package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.jspecify.annotations.Nullable;

/**
 * A connection's end point that gives what was there when its turn began, and then seems empty: the
 * reader asks the selector to be called again, and all that have something to read take turns. A
 * buffer that was not filled needs no second read to learn that nothing is left. The selector
 * reports what is left when the reader asks for more, so nothing is lost.
 *
 * <p>What is sent while there are more frames to read in the turn may wait for the last of them, so
 * that the answers to all go out in one write.
 *
 * <p>Everything else is Jetty's own delegate. Read by one thread at a time. Should a turn begin
 * while another thread reads, nothing more waits in that one.
 */
public final class ReadingTurn extends WritingEndPoint {
  /** Full buffers in a turn, so that a long message does not wait for the others too often. */
  public static final int FULL_BUFFERS = 4;

  private final EndPoint endPoint;

  /** Buffers that may still be filled. The reader's. */
  private int left = FULL_BUFFERS;

  /** Null between turns. Guarded by this. */
  private @Nullable Thread reader;

  /**
   * What was read last; null between turns, when the buffer is somebody else's. Guarded by this.
   */
  private @Nullable ByteBuffer read;

  /** Whose texts wait to be written; null when none do. Guarded by this. */
  private @Nullable Thread waiting;

  ReadingTurn(EndPoint endPoint) {
    super(endPoint);
    this.endPoint = endPoint;
  }

  /** Reads again, on this thread. */
  synchronized void begin() {
    left = FULL_BUFFERS;
    read = null;
    reader = Thread.currentThread();
  }

  /**
   * Ends what {@link #begin} began. One that comes late, when another thread reads already, leaves
   * that thread's turn alone, and what waits in it.
   *
   * @return true if the caller has to write what waits
   */
  synchronized boolean end() {
    Thread current = Thread.currentThread();
    boolean isReader = reader == current;
    if (isReader) {
      reader = null;
      read = null;
    }
    // Those of the reader before it may still be on their way; that one flushes them, too.
    boolean flush = waiting == current || (isReader && waiting != null);
    if (waiting == current) {
      waiting = null;
    }
    return flush;
  }

  /**
   * True if what this thread sends now may wait: it is the reader, and has more to read. The next
   * one that may not wait, or the end of the turn, takes it along.
   */
  synchronized boolean mayWait() {
    Thread current = Thread.currentThread();
    if (reader != current) {
      return false;
    }
    boolean waits = read != null && read.hasRemaining();
    if (waits) {
      waiting = current;
    } else if (waiting == current) {
      waiting = null;
    }
    return waits;
  }

  @Override
  public int fill(ByteBuffer buffer) throws IOException {
    if (left <= 0) {
      return 0;
    }
    int filled = endPoint.fill(buffer);
    synchronized (this) {
      read = buffer;
    }
    left = filled > 0 && BufferUtil.space(buffer) > 0 ? 0 : left - 1;
    return filled;
  }

  @Override
  public SocketAddress getLocalSocketAddress() {
    return endPoint.getLocalSocketAddress();
  }

  @Override
  public SocketAddress getRemoteSocketAddress() {
    return endPoint.getRemoteSocketAddress();
  }

  @Override
  public SslSessionData getSslSessionData() {
    return endPoint.getSslSessionData();
  }

  @Override
  public String toString() {
    return "ReadingTurn[" + left + ", " + endPoint + "]";
  }
}
