package dev.drawbridge.endpoint.internal.send;

import dev.drawbridge.endpoint.internal.Limits;
import dev.drawbridge.endpoint.internal.transport.CloseFrame;
import dev.drawbridge.endpoint.internal.transport.Transport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one writer of a connection and the bounded queue before it. Thread-safe; no call of the
 * transport or of the listener is made with the lock held.
 *
 * <p>A container's own queue has no bound and its writes no deadline, so it is given one frame at a
 * time.
 */
public final class SendQueue implements Transport.Writer {

  /** What the connection learns. */
  public interface Listener {
    /** The queue is full, or a frame has waited too long. */
    void tooSlow(String why);

    /** The transport failed. */
    void broken(Throwable cause);

    /** Everything before the close is written, the close frame is handed to the transport. */
    void closeSent();
  }

  private final Transport transport;
  private final Listener listener;
  private final Limits limits;

  /** Null in production. */
  private final @Nullable FrameLog frames;

  /** Null until a frame has to wait. Guarded by this. */
  private @Nullable WaitingFrames queue;

  /** The frame that the transport has, null when it has none. Guarded by this. */
  private @Nullable QueuedFrame current;

  /** True while {@link #pump} is inside a call of the transport. Guarded by this. */
  private boolean calling;

  /** True when the current frame ended during that call. Guarded by this. */
  private boolean endedInCall;

  /** What is copied, but not written; null when nothing is. Guarded by this. */
  private @Nullable CopiedFrames copied;

  /**
   * How far the end is.
   *
   * <pre>
   *        close, something waits            all is written
   *  OPEN ----------------------> CLOSING -------------------> SHUT
   *   |                                                          ^
   *   +---- close, nothing waits or nobody reads; gone ----------+
   * </pre>
   */
  private enum State {
    OPEN,
    /** No more frames are taken; the close comes behind what is on its way. */
    CLOSING,
    /** The close is handed over, or the connection is gone: nothing may follow. */
    SHUT
  }

  /** Guarded by this. */
  private State state = State.OPEN;

  /** The close does not wait for frames, but for a call that has begun. Guarded by this. */
  private boolean hurried;

  /** The close that waits for the frames before it. Guarded by this. */
  private @Nullable Runnable close;

  /** When something was last written, for the heartbeat. */
  private volatile long lastSentNanos;

  /**
   * A writer that is busy with its first frame until {@link #start()}: what others send meanwhile
   * waits behind it.
   */
  public SendQueue(
      Transport transport,
      Limits limits,
      Listener listener,
      EncodedMessage first,
      @Nullable FrameLog frames) {
    this.transport = transport;
    this.current = new QueuedFrame(first, null);
    this.listener = listener;
    this.limits = limits;
    this.frames = frames;
    if (frames != null) {
      frames.sent(first);
    }
    this.lastSentNanos = System.nanoTime();
    transport.writer(this);
  }

  /** Writes the first frame. Called once. */
  public void start() {
    QueuedFrame first;
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
    return (current == null ? 0 : 1) + waiting();
  }

  /** True if so much can be sent now and the client does not count as slow. */
  public synchronized boolean hasRoom(int frames, int bytes) {
    return waiting() + frames <= maxFrames() && queuedBytes() + bytes <= maxBytes();
  }

  /** Bytes that wait, without the frame that is being written. */
  public synchronized int queuedBytes() {
    return queue == null ? 0 : queue.bytes();
  }

  /**
   * Sends a text.
   *
   * @param first before what waits: for pings and pongs
   * @param receipt told when it is written, or will not be; null when nobody asks
   */
  public void send(EncodedMessage text, boolean first, @Nullable Receipt receipt) {
    send(text, first, receipt, false);
  }

  /**
   * Sends a text of which nobody asks what becomes of it.
   *
   * @param more true if it may wait for the next one, or for {@link #flush}, which the same thread
   *     sends or calls soon
   */
  public void answer(EncodedMessage text, boolean more) {
    send(text, false, null, more);
  }

  /** Has written what waits for another text. */
  public void flush() {
    synchronized (this) {
      if (copied == null && current == null) {
        return;
      }
    }
    boolean interrupted = WriteSafeThread.beginWrite();
    try {
      transport.flush();
    } finally {
      WriteSafeThread.endWrite(interrupted);
    }
  }

  private void send(EncodedMessage text, boolean first, @Nullable Receipt receipt, boolean more) {
    QueuedFrame entry = new QueuedFrame(text, receipt);
    if (frames != null) {
      frames.sent(text);
    }
    String failure = null;
    boolean full = false;
    synchronized (this) {
      if (state != State.OPEN) {
        failure = "the connection is closed";
      } else if (current == null) {
        current = entry;
      } else if (first ? waiting() >= maxFrames() : isFull()) {
        failure = tooMuch();
        full = true;
      } else {
        enqueue(entry, first);
        return;
      }
    }
    if (failure == null) {
      pump(entry, more);
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
   * Sends texts that belong together: in one write, where the transport can. Nobody is told what
   * becomes of them.
   */
  public void sendAll(List<EncodedMessage> texts) {
    if (frames != null) {
      texts.forEach(frames::sent);
    }
    QueuedFrame first = null;
    String failure = null;
    synchronized (this) {
      for (EncodedMessage text : texts) {
        QueuedFrame entry = new QueuedFrame(text, null);
        if (state != State.OPEN) {
          break;
        } else if (current == null) {
          current = entry;
          first = entry;
        } else if (isFull()) {
          failure = tooMuch();
          break;
        } else {
          enqueue(entry, false);
        }
      }
    }
    if (first != null) {
      pump(first);
    }
    if (failure != null) {
      listener.tooSlow(failure);
    }
  }

  /** What waits before a frame counts, and not its own size: a large frame is no slow client. */
  private boolean isFull() {
    return waiting() >= maxFrames() || queuedBytes() >= maxBytes();
  }

  private String tooMuch() {
    return String.format(
        "the client reads too slowly: %d frames and %d bytes wait, at most %d and %d may",
        waiting(), queuedBytes(), maxFrames(), maxBytes());
  }

  /**
   * Closes after what was sent before. Only the first call counts.
   *
   * @param now drops what waits, for a client that does not read
   */
  public void close(int code, String reason, boolean now) {
    WaitingFrames dropped = null;
    Runnable send = () -> sendClose(code, reason);
    synchronized (this) {
      if (state != State.OPEN) {
        return;
      }
      if (now) {
        hurried = true;
        dropped = takeQueue();
      }
      if (current == null || (now && !calling)) {
        state = State.SHUT;
      } else {
        state = State.CLOSING;
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
    WaitingFrames dropped;
    Receipt last;
    List<Receipt> unwritten;
    synchronized (this) {
      state = State.SHUT;
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
    if (copied != null) {
      since = copied.sinceNanos();
    } else if (current != null) {
      since = current.sinceNanos;
    } else {
      return 0;
    }
    return limits.elapsed(since, nowNanos);
  }

  @Override
  public void written() {
    lastSentNanos = System.nanoTime();
    QueuedFrame sent;
    Receipt receipt = null;
    List<Receipt> before = List.of();
    QueuedFrame next = null;
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
      sent.message.sent().add();
    }
    before.forEach(Receipt::written);
    if (receipt != null) {
      receipt.written();
    }
    goOn(next, last);
  }

  @Override
  public void flushed() {
    List<Receipt> written;
    synchronized (this) {
      written = takeCopied();
    }
    written.forEach(Receipt::written);
  }

  @Override
  public void failed(Throwable cause) {
    listener.broken(cause);
  }

  private void goOn(@Nullable QueuedFrame next, @Nullable Runnable last) {
    if (next != null) {
      pump(next);
    } else if (last != null) {
      last.run();
    }
  }

  /** Hands frames to the transport for as long as each is written at once, without recursion. */
  private void pump(QueuedFrame first) {
    pump(first, false);
  }

  /** The same; {@code more} says that the first one may wait for what this thread sends next. */
  private void pump(QueuedFrame first, boolean more) {
    QueuedFrame entry = first;
    boolean gathers = transport.gathers();
    while (entry != null) {
      boolean waits = transport.mayWait();
      Receipt refused = null;
      boolean shut;
      synchronized (this) {
        shut = state == State.SHUT;
        if (shut) {
          // A hurried close has overtaken it on its way here.
          current = null;
          refused = entry.takeReceipt();
        } else {
          calling = true;
          // What follows takes it along, or the close if that comes instead.
          waits = waits || (gathers && (waiting() > 0 || (more && entry == first)));
          entry.waits = waits;
        }
      }
      if (shut) {
        if (refused != null) {
          refused.failed("the connection is closed");
        }
        return;
      }
      boolean interrupted = WriteSafeThread.beginWrite();
      try {
        transport.sendText(entry.message.wire(), waits);
      } catch (RuntimeException | LinkageError e) {
        listener.broken(e);
        return;
      } finally {
        WriteSafeThread.endWrite(interrupted);
      }
      Runnable last;
      synchronized (this) {
        calling = false;
        if (endedInCall) {
          endedInCall = false;
          entry = advance();
        } else if (hurried) {
          // The close came during the call, and does not wait for the frame.
          entry = null;
        } else {
          return;
        }
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
      transport.close(code, CloseFrame.cutReason(reason));
    } finally {
      WriteSafeThread.endWrite(interrupted);
    }
    listener.closeSent();
  }

  private @Nullable QueuedFrame advance() {
    current = queue == null ? null : queue.poll();
    if (current == null) {
      // Given back: most connections never need it again.
      queue = null;
    }
    return current;
  }

  private @Nullable Runnable takeClose() {
    Runnable taken = close;
    close = null;
    if (taken != null) {
      state = State.SHUT;
    }
    return taken;
  }

  private void enqueue(QueuedFrame entry, boolean first) {
    if (queue == null) {
      queue = new WaitingFrames();
    }
    queue.add(entry, first);
  }

  private int maxFrames() {
    return limits.config().sendQueueFrames();
  }

  private int maxBytes() {
    return limits.config().sendQueueBytes();
  }

  private int waiting() {
    return queue == null ? 0 : queue.size();
  }

  private @Nullable WaitingFrames takeQueue() {
    WaitingFrames taken = queue;
    queue = null;
    return taken;
  }

  private void copied(QueuedFrame entry) {
    if (copied == null) {
      copied = new CopiedFrames(entry);
    }
    copied.add(entry);
  }

  private List<Receipt> takeCopied() {
    List<Receipt> taken = copied == null ? List.of() : copied.receipts();
    copied = null;
    return taken;
  }

  private static void fail(@Nullable WaitingFrames dropped, String why) {
    if (dropped != null) {
      dropped.fail(why);
    }
  }
}
