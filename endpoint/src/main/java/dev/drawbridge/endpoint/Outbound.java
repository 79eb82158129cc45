package dev.drawbridge.endpoint;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;

/**
 * The one writer of a connection and the bounded queue before it. Thread-safe.
 *
 * <p>Jetty's own queue has no bound and its writes no deadline, so it is given one frame at a time.
 */
final class Outbound implements Callback {

  /** One frame on its way. */
  private record Entry(
      OutgoingText frame, long sinceNanos, @Nullable CompletableFuture<Void> done) {
    int bytes() {
      return frame.bytes();
    }
  }

  /** What the connection learns. */
  interface Listener {
    /** The queue is full, or a frame has waited too long. */
    void tooSlow(String why);

    /** The transport failed. */
    void broken(Throwable cause);

    /** Everything before the close is written, the close frame is handed to Jetty. */
    void closeSent();
  }

  private final Session session;
  private final Listener listener;
  private final int maxFrames;
  private final int maxBytes;

  /** Null in production. */
  private final @Nullable FrameLog frames;

  /** Null until a frame has to wait. Guarded by this. */
  private @Nullable ArrayDeque<Entry> queue;

  /** Guarded by this. */
  private int queuedBytes;

  /** The frame that Jetty has, null when it has none. Guarded by this. */
  private @Nullable Entry current;

  /** True while {@link #pump} is inside a call of Jetty. Guarded by this. */
  private boolean calling;

  /** True when the current frame ended during that call. Guarded by this. */
  private boolean endedInCall;

  /** No more frames are taken. Guarded by this. */
  private boolean closing;

  /** The close that waits for the frames before it. Guarded by this. */
  private @Nullable Runnable close;

  /** When something was last written, for the heartbeat. */
  private volatile long lastSentNanos;

  /**
   * A writer that is busy with its first frame until {@link #start()}: what others send meanwhile
   * waits behind it.
   */
  Outbound(
      Session session,
      EndpointConfig config,
      Listener listener,
      OutgoingText first,
      @Nullable FrameLog frames) {
    this.session = session;
    this.current = new Entry(first, System.nanoTime(), null);
    this.listener = listener;
    this.maxFrames = config.sendQueueFrames();
    this.maxBytes = config.sendQueueBytes();
    this.frames = frames;
    if (frames != null) {
      frames.sent(first);
    }
    this.lastSentNanos = System.nanoTime();
  }

  /** Writes the first frame. Called once. */
  void start() {
    Entry first;
    synchronized (this) {
      first = current;
    }
    if (first != null) {
      pump(first);
    }
  }

  long lastSentNanos() {
    return lastSentNanos;
  }

  /** Frames that wait or are being written. */
  synchronized int pending() {
    return (current == null ? 0 : 1) + (queue == null ? 0 : queue.size());
  }

  /** Bytes that wait, without the frame that is being written. */
  synchronized int queuedBytes() {
    return queuedBytes;
  }

  /**
   * Sends a text.
   *
   * @param first before what waits: for pings and pongs
   * @param done completed when written, or failed; null when nobody asks
   */
  void send(OutgoingText text, boolean first, @Nullable CompletableFuture<Void> done) {
    Entry entry = new Entry(text, System.nanoTime(), done);
    if (frames != null) {
      frames.sent(text);
    }
    String failure = null;
    boolean full = false;
    synchronized (this) {
      if (closing) {
        failure = "the connection is closed";
      } else if (current == null) {
        current = entry;
      } else if (waiting() >= maxFrames || queuedBytes + entry.bytes() > maxBytes) {
        failure =
            String.format(
                "the client reads too slowly: %d frames and %d bytes wait, at most %d and %d may",
                waiting(), queuedBytes, maxFrames, maxBytes);
        full = true;
      } else {
        enqueue(entry, first);
        return;
      }
    }
    if (failure == null) {
      pump(entry);
      return;
    }
    if (done != null) {
      done.completeExceptionally(new SendFailedException(failure));
    }
    if (full) {
      listener.tooSlow(failure);
    }
  }

  /**
   * Closes after what was sent before. Only the first call counts.
   *
   * @param now drops what waits, for a client that does not read
   */
  void close(int code, String reason, boolean now) {
    ArrayDeque<Entry> dropped = null;
    Runnable send = () -> sendClose(code, reason);
    synchronized (this) {
      if (closing) {
        return;
      }
      closing = true;
      if (now) {
        dropped = takeQueue();
      }
      if (current != null && !now) {
        close = send;
        send = null;
      }
    }
    fail(dropped, () -> new SendFailedException("the connection is closing: " + reason));
    if (send != null) {
      send.run();
    }
  }

  /** Takes no more frames, and fails those that wait: the connection is gone. */
  void ended(String why) {
    ArrayDeque<Entry> dropped;
    Entry last;
    synchronized (this) {
      closing = true;
      close = null;
      dropped = takeQueue();
      last = current;
    }
    if (last != null && last.done != null) {
      last.done.completeExceptionally(new SendFailedException(why));
    }
    fail(dropped, () -> new SendFailedException(why));
  }

  /** Age of the oldest frame that is not written, in nanoseconds; 0 when there is none. */
  synchronized long oldestNanos(long nowNanos) {
    return current == null ? 0 : nowNanos - current.sinceNanos;
  }

  /** Called by Jetty when the current frame is written. */
  @Override
  public void succeed() {
    lastSentNanos = System.nanoTime();
    Entry written;
    Entry next = null;
    Runnable last = null;
    synchronized (this) {
      written = current;
      if (calling) {
        // The caller goes on with the next one; until then the frame counts as current, so that
        // no other thread begins to write.
        endedInCall = true;
      } else {
        next = advance();
        last = next == null ? takeClose() : null;
      }
    }
    if (written != null) {
      written.frame.sent().add();
      if (written.done != null) {
        written.done.complete(null);
      }
    }
    goOn(next, last);
  }

  /** Called by Jetty when the current frame could not be written. */
  @Override
  public void fail(Throwable cause) {
    listener.broken(cause);
  }

  private void goOn(@Nullable Entry next, @Nullable Runnable last) {
    if (next != null) {
      pump(next);
    } else if (last != null) {
      last.run();
    }
  }

  /** Hands frames to Jetty for as long as each is written at once, without recursion. */
  private void pump(Entry first) {
    Entry entry = first;
    while (entry != null) {
      synchronized (this) {
        calling = true;
      }
      boolean interrupted = HandlerThread.beginWrite();
      try {
        session.sendText(entry.frame.text(), this);
      } catch (RuntimeException e) {
        listener.broken(e);
        return;
      } finally {
        HandlerThread.endWrite(interrupted);
      }
      Runnable last;
      synchronized (this) {
        calling = false;
        if (!endedInCall) {
          return;
        }
        endedInCall = false;
        entry = advance();
        last = entry == null ? takeClose() : null;
      }
      if (last != null) {
        last.run();
      }
    }
  }

  private void sendClose(int code, String reason) {
    boolean interrupted = HandlerThread.beginWrite();
    try {
      session.close(code, CloseCode.cutReason(reason), Callback.NOOP);
    } finally {
      HandlerThread.endWrite(interrupted);
    }
    listener.closeSent();
  }

  private @Nullable Entry advance() {
    current = queue == null ? null : queue.poll();
    if (current != null) {
      queuedBytes -= current.bytes();
    } else {
      // Given back: most connections never need it again.
      queue = null;
    }
    return current;
  }

  private @Nullable Runnable takeClose() {
    Runnable taken = close;
    close = null;
    return taken;
  }

  private void enqueue(Entry entry, boolean first) {
    if (queue == null) {
      queue = new ArrayDeque<>();
    }
    queuedBytes += entry.bytes();
    if (first) {
      queue.addFirst(entry);
    } else {
      queue.addLast(entry);
    }
  }

  private int waiting() {
    return queue == null ? 0 : queue.size();
  }

  private @Nullable ArrayDeque<Entry> takeQueue() {
    ArrayDeque<Entry> taken = queue;
    queue = null;
    queuedBytes = 0;
    return taken;
  }

  private static void fail(@Nullable ArrayDeque<Entry> entries, Supplier<Throwable> why) {
    if (entries == null) {
      return;
    }
    for (Entry entry : entries) {
      if (entry.done != null) {
        entry.done.completeExceptionally(why.get());
      }
    }
  }
}
