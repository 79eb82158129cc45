package dev.drawbridge.endpoint.internal.send;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.transport.GatheringSession;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;

/**
 * The one writer of a connection and the bounded queue before it. Thread-safe.
 *
 * <p>Jetty's own queue has no bound and its writes no deadline, so it is given one frame at a time.
 */
public final class SendQueue implements Callback {

  /** One frame on its way. */
  private static final class Entry {
    private final EncodedMessage frame;
    private final long sinceNanos;

    /** Null when nobody asks, or was told already. Guarded by the writer. */
    private @Nullable Receipt receipt;

    /** Jetty may copy it and write it with what comes next. Guarded by the writer. */
    private boolean waits;

    private Entry(EncodedMessage frame, @Nullable Receipt receipt) {
      this.frame = frame;
      this.sinceNanos = System.nanoTime();
      this.receipt = receipt;
    }

    private int bytes() {
      return frame.bytes();
    }

    private @Nullable Receipt takeReceipt() {
      Receipt taken = receipt;
      receipt = null;
      return taken;
    }
  }

  /** What the connection learns. */
  public interface Listener {
    /** The queue is full, or a frame has waited too long. */
    void tooSlow(String why);

    /** The transport failed. */
    void broken(Throwable cause);

    /** Everything before the close is written, the close frame is handed to Jetty. */
    void closeSent();
  }

  private final Session session;

  /** The same session where its texts may wait for each other, else null. */
  private final @Nullable GatheringSession gathering;

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

  /** Who asks for frames that are copied, but not written. Null for nobody. Guarded by this. */
  private @Nullable List<Receipt> copied;

  /** Some frame is copied, but not written. Guarded by this. */
  private boolean holding;

  /** Since when the oldest of these was to be sent. Guarded by this. */
  private long holdingSinceNanos;

  /** No time before it counts as waiting: the process stood still. Guarded by this. */
  private long forgivenNanos = System.nanoTime();

  /** No more frames are taken. Guarded by this. */
  private boolean closing;

  /** The close that waits for the frames before it. Guarded by this. */
  private @Nullable Runnable close;

  /**
   * Told when all that was copied is written. A failure says nothing: after a close frame Jetty
   * refuses every flush, and a transport that broke ends the connection.
   */
  private final Callback flushed = Callback.from(this::flushed, failure -> {});

  /** When something was last written, for the heartbeat. */
  private volatile long lastSentNanos;

  /**
   * A writer that is busy with its first frame until {@link #start()}: what others send meanwhile
   * waits behind it.
   */
  public SendQueue(
      Session session,
      EndpointConfig config,
      Listener listener,
      EncodedMessage first,
      @Nullable FrameLog frames) {
    this.session = session;
    this.gathering = session instanceof GatheringSession able ? able : null;
    this.current = new Entry(first, null);
    this.listener = listener;
    this.maxFrames = config.sendQueueFrames();
    this.maxBytes = config.sendQueueBytes();
    this.frames = frames;
    if (frames != null) {
      frames.sent(first);
    }
    this.lastSentNanos = System.nanoTime();
    if (gathering != null) {
      gathering.onFlush(flushed);
    }
  }

  /** Writes the first frame. Called once. */
  public void start() {
    Entry first;
    synchronized (this) {
      first = current;
    }
    if (first != null) {
      pump(first);
    }
  }

  public long lastSentNanos() {
    return lastSentNanos;
  }

  /** Frames that wait or are being written. */
  public synchronized int pending() {
    return (current == null ? 0 : 1) + (queue == null ? 0 : queue.size());
  }

  /** Bytes that wait, without the frame that is being written. */
  public synchronized int queuedBytes() {
    return queuedBytes;
  }

  /**
   * Sends a text.
   *
   * @param first before what waits: for pings and pongs
   * @param receipt told when it is written, or will not be; null when nobody asks
   */
  public void send(EncodedMessage text, boolean first, @Nullable Receipt receipt) {
    Entry entry = new Entry(text, receipt);
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
      } else if (waiting() >= maxFrames || (!first && queuedBytes >= maxBytes)) {
        // What waits before it counts, and not its own size: a large frame is no slow client.
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
    if (receipt != null) {
      receipt.failed(failure);
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
  public void close(int code, String reason, boolean now) {
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
    fail(dropped, "the connection is closing: " + reason);
    if (send != null) {
      send.run();
    }
  }

  /** Takes no more frames, and fails those that wait: the connection is gone. */
  public void ended(String why) {
    ArrayDeque<Entry> dropped;
    Receipt last;
    List<Receipt> unwritten;
    synchronized (this) {
      closing = true;
      close = null;
      dropped = takeQueue();
      last = current == null ? null : current.takeReceipt();
      unwritten = takeCopied();
    }
    unwritten.forEach(each -> each.failed(why));
    if (last != null) {
      last.failed(why);
    }
    fail(dropped, why);
  }

  /** Age of the oldest frame that is not written, in nanoseconds; 0 when there is none. */
  public synchronized long oldestNanos(long nowNanos) {
    long since;
    if (holding) {
      since = holdingSinceNanos;
    } else if (current != null) {
      since = current.sinceNanos;
    } else {
      return 0;
    }
    return Math.min(nowNanos - since, nowNanos - forgivenNanos);
  }

  /** The process stood still: what waits has waited since now. */
  public synchronized void forgive(long nowNanos) {
    forgivenNanos = nowNanos;
  }

  /** Called by Jetty when the current frame is written, or copied if it may wait. */
  @Override
  public void succeed() {
    lastSentNanos = System.nanoTime();
    Entry sent;
    Receipt receipt = null;
    List<Receipt> before = List.of();
    Entry next = null;
    Runnable last = null;
    synchronized (this) {
      sent = current;
      if (sent != null && sent.waits) {
        copied(sent);
      } else if (sent != null) {
        receipt = sent.takeReceipt();
        before = takeCopied();
      }
      if (calling) {
        // The caller goes on with the next one; until then the frame counts as current, so that
        // no other thread begins to write.
        endedInCall = true;
      } else {
        next = advance();
        last = next == null ? takeClose() : null;
      }
    }
    if (sent != null) {
      sent.frame.sent().add();
    }
    before.forEach(Receipt::written);
    if (receipt != null) {
      receipt.written();
    }
    goOn(next, last);
  }

  /** Called by Jetty when all that it had copied is written. */
  private void flushed() {
    List<Receipt> written;
    synchronized (this) {
      written = takeCopied();
    }
    written.forEach(Receipt::written);
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
      boolean waits = gathering != null && gathering.mayWait();
      synchronized (this) {
        calling = true;
        entry.waits = waits;
      }
      boolean interrupted = WriteSafeThread.beginWrite();
      try {
        if (gathering != null) {
          gathering.sendText(entry.frame.text(), waits, this);
        } else {
          session.sendText(entry.frame.text(), this);
        }
      } catch (RuntimeException | LinkageError e) {
        listener.broken(e);
        return;
      } finally {
        WriteSafeThread.endWrite(interrupted);
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
    boolean interrupted = WriteSafeThread.beginWrite();
    try {
      session.close(code, CloseCode.cutReason(reason), flushed);
    } finally {
      WriteSafeThread.endWrite(interrupted);
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

  private void copied(Entry entry) {
    if (!holding) {
      holding = true;
      holdingSinceNanos = entry.sinceNanos;
    }
    Receipt receipt = entry.takeReceipt();
    if (receipt != null) {
      if (copied == null) {
        copied = new ArrayList<>();
      }
      copied.add(receipt);
    }
  }

  private List<Receipt> takeCopied() {
    List<Receipt> taken = copied == null ? List.of() : copied;
    copied = null;
    holding = false;
    return taken;
  }

  private void fail(@Nullable ArrayDeque<Entry> entries, String why) {
    if (entries == null) {
      return;
    }
    for (Entry entry : entries) {
      // Out of the queue, so nobody else tells it.
      if (entry.receipt != null) {
        entry.receipt.failed(why);
      }
    }
  }
}
