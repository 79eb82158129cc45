package dev.drawbridge.endpoint.internal.send;

/**
 * A thread of the handlers. An interrupt that comes while it writes to a socket waits until that is
 * over: Java closes a channel whose thread is interrupted inside, and in a broadcast that would be
 * the channel of somebody who has nothing to do with it. Thread-safe.
 */
public class WriteSafeThread extends Thread {
  private final Object lock = new Object();

  /** Writes inside of each other. Guarded by lock. */
  private int writes;

  /** Interrupted before or during a write. Guarded by lock. */
  private boolean postponed;

  public WriteSafeThread(Runnable work, String name) {
    super(work, name);
  }

  /**
   * Begins a write of the current thread, whatever thread that is.
   *
   * @return what {@link #endWrite} wants to know
   */
  static boolean beginWrite() {
    boolean interrupted = Thread.interrupted();
    if (Thread.currentThread() instanceof WriteSafeThread handler) {
      handler.begin(interrupted);
      return false;
    }
    return interrupted;
  }

  /** Ends a write, and lets the interrupt through that waited for it. */
  static void endWrite(boolean interrupted) {
    Thread current = Thread.currentThread();
    if (current instanceof WriteSafeThread handler) {
      handler.end();
    } else if (interrupted) {
      current.interrupt();
    }
  }

  @Override
  public final void interrupt() {
    synchronized (lock) {
      if (writes > 0) {
        postponed = true;
        return;
      }
      super.interrupt();
    }
  }

  private void begin(boolean interrupted) {
    synchronized (lock) {
      writes++;
      // Also the one that came before the lock was ours.
      boolean since = Thread.interrupted();
      postponed = postponed || interrupted || since;
    }
  }

  private void end() {
    synchronized (lock) {
      writes--;
      if (writes == 0 && postponed) {
        postponed = false;
        super.interrupt();
      }
    }
  }
}
