package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritePendingException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ProxyConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A connection's end point with a second door: a whole frame can be written past Jetty's own queue
 * of frames, when nothing else is being written. Jetty's write that comes meanwhile waits for it,
 * so frames never mix. Jetty has at most one write under way, and so has the second door.
 *
 * <p>The answer to the handshake may be held, to go out in one write with the first frame.
 *
 * <p>Thread-safe; no call of the end point or of a callback is made with the lock held. Itself the
 * callback of what it writes, as there is one for each idle connection.
 */
class WritingEndPoint extends ProxyConnectionFactory.ProxyEndPoint implements Callback {
  private final EndPoint endPoint;

  /** Who is told of the write under way; null when there is none. Guarded by this. */
  private @Nullable Callback writer;

  /** Jetty's write that waits for ours, with who is told of it. Guarded by this. */
  private @Nullable Callback next;

  private ByteBuffer @Nullable [] nextBuffers;

  /** True while the write under way is ours. Guarded by this. */
  private boolean ours;

  /** The answer to the handshake while it waits for the first frame, else null. Guarded by this. */
  private @Nullable ByteBuffer answer;

  /** Bytes written by the second door, and frames. Guarded by this. */
  private long ownBytes;

  private long ownFrames;

  WritingEndPoint(EndPoint endPoint) {
    // The addresses are asked for where they are wanted: most of the time nobody does, and they are
    // system calls.
    super(endPoint, null, null);
    this.endPoint = endPoint;
  }

  /** Frames and bytes that Jetty does not know of. */
  final synchronized long ownFrames() {
    return ownFrames;
  }

  final synchronized long ownBytes() {
    return ownBytes;
  }

  /** Keeps the answer to the handshake until something is written, or it is {@link #release}d. */
  final synchronized void hold(ByteBuffer toHandshake) {
    answer = toHandshake;
  }

  /** Writes what is held, if no frame has taken it along. */
  final void release() {
    ByteBuffer held;
    synchronized (this) {
      held = answer;
      answer = null;
      if (held == null) {
        return;
      }
      writer = Callback.NOOP;
      ours = true;
    }
    endPoint.write(this, held);
  }

  /** Whoever ends the connection before its first frame: the client is answered first. */
  @Override
  public final void close(@Nullable Throwable cause) {
    release();
    endPoint.close(cause);
  }

  @Override
  public final void shutdownOutput() {
    release();
    endPoint.shutdownOutput();
  }

  @Override
  public final void write(Callback callback, ByteBuffer... buffers) {
    ByteBuffer[] all = buffers;
    synchronized (this) {
      if (answer != null) {
        all = new ByteBuffer[buffers.length + 1];
        all[0] = answer;
        System.arraycopy(buffers, 0, all, 1, buffers.length);
        answer = null;
      }
      if (ours && next == null) {
        next = callback;
        nextBuffers = all;
        return;
      }
      if (writer != null) {
        throw new WritePendingException();
      }
      writer = callback;
    }
    endPoint.write(this, all);
  }

  /**
   * Writes a whole frame if nothing else is being written.
   *
   * @param open false when a close is sent; asked with the lock held
   * @param callback told when it is written, possibly during the call; only if true is returned
   * @return false if nothing was done and Jetty has to write it: something else is on its way, or
   *     the connection is broken
   */
  final boolean writeNow(
      byte[] frame, BooleanSupplier open, org.eclipse.jetty.websocket.api.Callback callback) {
    synchronized (this) {
      // A close that Jetty sends after this look waits for the frame.
      if (writer != null || answer != null || !open.getAsBoolean()) {
        return false;
      }
      writer = Callback.NOOP;
      ours = true;
    }
    ByteBuffer bytes = ByteBuffer.wrap(frame);
    boolean all;
    try {
      all = endPoint.flush(bytes);
    } catch (IOException | RuntimeException e) {
      if (bytes.position() > 0) {
        // TLS may have taken some of it: nothing may follow that.
        endPoint.close(e);
      }
      // Jetty meets the same when it writes, and ends the connection as it does.
      goOn(end());
      return false;
    }
    if (all) {
      count(frame);
      ended(told -> callback.succeed());
    } else {
      synchronized (this) {
        count(frame);
        writer = Callback.from(callback::succeed, callback::fail);
      }
      endPoint.write(this, bytes);
    }
    return true;
  }

  private synchronized void count(byte[] frame) {
    ownFrames++;
    ownBytes += frame.length;
  }

  @Override
  public final void succeeded() {
    ended(Callback::succeeded);
  }

  @Override
  public final void failed(Throwable cause) {
    ended(told -> told.failed(cause));
  }

  /** The write under way has ended: tells its writer, and begins the one that waits. */
  private void ended(Consumer<Callback> tell) {
    Callback told;
    boolean more;
    synchronized (this) {
      told = writer == null ? Callback.NOOP : writer;
      more = end();
    }
    try {
      tell.accept(told);
    } finally {
      goOn(more);
    }
  }

  /**
   * Ends the write under way, before its writer is told, who may write again at once.
   *
   * @return true if another one waits: that begins when the writer was told, since it may be the
   *     close, after which nobody hears of it; until then nothing else is written
   */
  private synchronized boolean end() {
    if (next != null) {
      return true;
    }
    writer = null;
    ours = false;
    return false;
  }

  /** Begins the write that waits, if there is one. */
  private void goOn(boolean more) {
    if (!more) {
      return;
    }
    ByteBuffer[] buffers;
    synchronized (this) {
      writer = next;
      buffers = nextBuffers;
      next = null;
      nextBuffers = null;
      ours = false;
    }
    if (buffers != null) {
      endPoint.write(this, buffers);
    }
  }
}
