package dev.drawbridge.endpoint.internal.transport.jakarta;

import jakarta.websocket.CloseReason;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a container gives, on its way to the receiver: one part for each demand. The container is
 * told to stop reading while none is demanded; what it gives nevertheless waits here, up to a
 * bound, and the close of the client behind it. Thread-safe; calls nobody while it holds its lock.
 */
final class Inbox {
  private static final Logger log = LoggerFactory.getLogger(Inbox.class);

  /** What may wait, in characters; each part counts {@link #PART} more. */
  static final int MAX_LATE = 32 * 1024 * 1024;

  private static final int PART = 64;

  /** A part of a message; null text is of a binary one. */
  record Part(@Nullable String text, int bytes, boolean last) {
    int size() {
      return PART + (text == null ? 0 : text.length());
    }
  }

  /** Both sides of it. */
  interface Socket {
    /** A part; one at a time. */
    void give(Part part);

    /** The client has closed, and all before it was given. */
    void closed(CloseReason reason);

    /** More than may wait has come; nothing is given any more. */
    void tooMuch();

    /** {@link #give} has failed; nothing is given any more. */
    void failed(Throwable cause);

    /** The container is not to read. */
    void suspend();

    /**
     * The container is to read on.
     *
     * @param waits for a thread of the container that reads at this moment
     * @return false if there is one, and nothing was done
     */
    boolean resume(boolean waits);
  }

  private final Socket socket;

  /** Takes what came too early: whoever has made room does not read. */
  private final Executor later;

  /** The next part is demanded; the first one is from the start. Guarded by this. */
  private boolean wanted = true;

  /** A part is with the receiver. Guarded by this. */
  private boolean giving;

  /** Somebody is to take what waits, or does. Guarded by this. */
  private boolean taking;

  /** What waits, in its order; null for nothing. Guarded by this. */
  private @Nullable ArrayDeque<Part> late;

  /** How much that is. Guarded by this. */
  private int lateSize;

  /** The close behind it; null before it has come. Guarded by this. */
  private @Nullable CloseReason lateClose;

  /** The container was told to stop reading. Guarded by this. */
  private boolean suspended;

  /** Somebody tells the container, and looks again before he ends. Guarded by this. */
  private boolean telling;

  /** Nothing is given any more, and the container told nothing. Guarded by this. */
  private boolean over;

  Inbox(Socket socket, Executor later) {
    this.socket = socket;
    this.later = later;
  }

  /** A part from the container. */
  void take(Part part) {
    boolean mine;
    boolean full = false;
    synchronized (this) {
      if (over) {
        return;
      }
      mine = !giving && wanted && late == null;
      if (mine) {
        giving = true;
        wanted = false;
      } else {
        full = keep(part);
      }
    }
    if (full) {
      socket.tooMuch();
      return;
    }
    if (mine) {
      give(part);
      returned();
    }
    tell();
  }

  /** True if it is too much. Called with the lock. */
  private boolean keep(Part part) {
    if (late == null) {
      late = new ArrayDeque<>(4);
    }
    late.add(part);
    lateSize += part.size();
    if (lateSize > MAX_LATE) {
      end();
    }
    return over;
  }

  /** The next part is wanted. */
  void demand() {
    synchronized (this) {
      wanted = true;
      if (giving) {
        // Whoever gives goes on.
        return;
      }
    }
    takeLater();
    tell();
  }

  /** The close of the client. */
  void close(CloseReason reason) {
    boolean now;
    synchronized (this) {
      if (over) {
        return;
      }
      now = !giving && late == null;
      if (now) {
        end();
      } else {
        lateClose = reason;
        if (late == null) {
          late = new ArrayDeque<>(1);
        }
      }
    }
    if (now) {
      socket.closed(reason);
    } else {
      takeLater();
    }
  }

  /** Forgets what waits; nothing is given any more. */
  synchronized void end() {
    over = true;
    late = null;
    lateSize = 0;
  }

  private void give(Part part) {
    try {
      socket.give(part);
    } catch (RuntimeException | Error e) {
      end();
      socket.failed(e);
    }
  }

  private void returned() {
    synchronized (this) {
      giving = false;
    }
    takeLater();
  }

  /** Has what waits taken, if it is time. */
  private void takeLater() {
    synchronized (this) {
      if (taking || giving || late == null || !isWanted()) {
        return;
      }
      taking = true;
    }
    later.execute(this::takeLate);
  }

  /** Behind a close nothing is held back: no client sends any more. Called with the lock. */
  private boolean isWanted() {
    return wanted || lateClose != null;
  }

  private void takeLate() {
    while (true) {
      Part part;
      CloseReason reason = null;
      synchronized (this) {
        part = late == null || !isWanted() ? null : late.poll();
        if (part != null) {
          lateSize -= part.size();
          giving = true;
          wanted = false;
        } else {
          taking = false;
          if (late != null && late.isEmpty()) {
            late = null;
            reason = lateClose;
            over = reason != null;
          }
        }
      }
      if (part == null) {
        if (reason != null) {
          socket.closed(reason);
        }
        break;
      }
      give(part);
      synchronized (this) {
        giving = false;
      }
    }
    tell();
  }

  /** Tells the container what became of the demand. One thread at a time, so that the last wins. */
  private void tell() {
    synchronized (this) {
      if (telling) {
        return;
      }
      telling = true;
    }
    tell(false);
  }

  /**
   * Called by whoever has set {@link #telling}.
   *
   * @param mayWait for a thread of the container
   */
  private void tell(boolean mayWait) {
    while (true) {
      boolean reads;
      synchronized (this) {
        reads = reads();
        if (over || reads != suspended) {
          telling = false;
          return;
        }
        suspended = !reads;
      }
      try {
        if (!reads) {
          socket.suspend();
        } else if (!socket.resume(mayWait)) {
          synchronized (this) {
            suspended = true;
          }
          later.execute(() -> tell(true));
          return;
        }
      } catch (RuntimeException | LinkageError e) {
        log.debug("the container has ended the connection meanwhile: {}", e.toString());
        synchronized (this) {
          telling = false;
        }
        return;
      }
    }
  }

  /** Whether the container is to read; while a part is given, as before. Called with the lock. */
  private boolean reads() {
    return late == null && (giving ? !suspended : wanted);
  }
}
