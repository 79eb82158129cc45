package dev.drawbridge.endpoint.internal.transport.jakarta;

import jakarta.servlet.ServletException;
import jakarta.websocket.CloseReason;
import jakarta.websocket.CloseReason.CloseCodes;
import jakarta.websocket.Session;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * What the API for WebSockets lacks, by the container's own session: to stop reading, to go on, to
 * cut, and to see that a close was answered. Everything is looked up at the start. Thread-safe.
 */
abstract class VendorSession {
  /** What {@link #breakOff} tells an endpoint, if it tells. */
  static final CloseReason BROKEN = new CloseReason(CloseCodes.CLOSED_ABNORMALLY, "");

  /** True if a close is told of because a text could not be written. */
  static boolean isBroken(CloseReason reason) {
    return reason == BROKEN;
  }

  /** Who learns what became of a text; may be called inside of a call. */
  interface Sending {
    void sent();

    void notSent(Throwable cause);
  }

  /** What this release cannot do, and what helps; null when it can all. */
  @Nullable String lacks() {
    return null;
  }

  /** Texts by a quicker way than that of the API; null where there is none. */
  TomcatFrames.@Nullable Line line(Session session, Sending told) {
    return null;
  }

  /** No frame is read any more, but for those that were read already. Never twice in a row. */
  abstract void suspend(Session session);

  /**
   * Reads on.
   *
   * @param waits for a thread that reads at this moment, 2 s at most
   * @return false if there is one, and nothing was done
   */
  abstract boolean resume(Session session, boolean waits);

  /** Ends the TCP connection, also behind a close that was not answered; waits for nobody. */
  abstract void cut(Session session);

  /**
   * Ends a connection to which a text could not be written, unless a close is under way, of which
   * the container has told or tells soon.
   *
   * @return true if it is broken; else the endpoint was told so by {@link #isBroken}, or it is not
   */
  abstract boolean breakOff(Session session);

  /** Does something behind all messages that were given until now. */
  void behindMessages(Session session, Runnable work) {
    work.run();
  }

  /** True when a close was answered, or nothing is left of the connection. */
  abstract boolean isAnswered(Session session);

  /**
   * That of a container.
   *
   * @throws ServletException with what it lacks
   */
  static VendorSession of(JakartaContainer container) throws ServletException {
    ClassLoader classes = container.container().getClass().getClassLoader();
    try {
      return switch (container.kind()) {
        case TOMCAT -> new TomcatSession(classes);
        case UNDERTOW -> new UndertowSession(classes);
      };
    } catch (ReflectiveOperationException e) {
      throw new ServletException(
          container + " lacks what the endpoint needs of its WebSockets: " + e.getMessage(), e);
    }
  }

  private static MethodHandle method(Class<?> type, String name, MethodType form)
      throws ReflectiveOperationException {
    return MethodHandles.publicLookup().findVirtual(type, name, form);
  }

  /** A method handle's failure: an exception of the container, which is unchecked here. */
  static RuntimeException failed(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException(cause);
  }

  /** {@code org.apache.tomcat.websocket.WsSession}. */
  private static final class TomcatSession extends VendorSession {
    /**
     * Tomcat tries a close frame before it cuts. The client must not take that for its own fault,
     * as it would 1002, which is what Tomcat makes of 1006.
     */
    private static final CloseReason SENT = new CloseReason(CloseCodes.GOING_AWAY, "");

    /** As long as one of Tomcat's own writes may block a thread that reads, and a little more. */
    private static final long WAIT_MS = 2_500;

    private static final CloseReason TOLD = new CloseReason(CloseCodes.CLOSED_ABNORMALLY, "");

    private final MethodHandle suspend;
    private final MethodHandle resume;
    private final MethodHandle isClosed;
    private final MethodHandle close;
    private final MethodHandle answered;

    private static final String NO_FRAMES =
        "this release is not known inside: texts take a second thread each, and what was read"
            + " may wait for the client's next frame; a newer release of the endpoint may help";

    /** Null where this Tomcat has not its members. */
    private final @Nullable TomcatFrames frames;

    TomcatSession(ClassLoader classes) throws ReflectiveOperationException {
      Class<?> type = Class.forName("org.apache.tomcat.websocket.WsSession", false, classes);
      MethodType nothing = MethodType.methodType(void.class);
      suspend = method(type, "suspend", nothing).asType(on(void.class));
      resume = method(type, "resume", nothing).asType(on(void.class));
      isClosed =
          method(type, "isClosed", MethodType.methodType(boolean.class)).asType(on(boolean.class));
      close =
          method(
                  type,
                  "doClose",
                  MethodType.methodType(
                      void.class, CloseReason.class, CloseReason.class, boolean.class))
              .asType(
                  MethodType.methodType(
                      void.class,
                      Session.class,
                      CloseReason.class,
                      CloseReason.class,
                      boolean.class));
      answered =
          method(type, "onClose", MethodType.methodType(void.class, CloseReason.class))
              .asType(MethodType.methodType(void.class, Session.class, CloseReason.class));
      frames = TomcatFrames.of(classes);
    }

    @Override
    @Nullable String lacks() {
      return frames == null ? NO_FRAMES : null;
    }

    @Override
    TomcatFrames.@Nullable Line line(Session session, Sending told) {
      return frames == null ? null : frames.line(session, told);
    }

    private static MethodType on(Class<?> result) {
      return MethodType.methodType(result, Session.class);
    }

    @Override
    void suspend(Session session) {
      try {
        suspend.invokeExact(session);
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    /**
     * Behind the thread that reads: Tomcat resumed while that one leaves its loop forgets what it
     * has read already, until the client sends more.
     */
    @Override
    boolean resume(Session session, boolean waits) {
      try {
        Lock reading = frames == null ? null : frames.lock(session);
        if (reading == null) {
          resume.invokeExact(session);
          return true;
        }
        if (!(waits ? reading.tryLock(WAIT_MS, TimeUnit.MILLISECONDS) : reading.tryLock())) {
          return false;
        }
        try {
          resume.invokeExact(session);
        } finally {
          reading.unlock();
        }
        return true;
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    @Override
    boolean breakOff(Session session) {
      try {
        session.getUserProperties().put(JakartaSocket.CLOSE_SEND_TIMEOUT, 1L);
        // Does nothing when a close of either side has begun; else it tells the endpoint.
        close.invokeExact(session, SENT, BROKEN, true);
        return false;
      } catch (IllegalStateException e) {
        // Closed on both sides.
        return false;
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    @Override
    void cut(Session session) {
      try {
        if ((boolean) isClosed.invokeExact(session)) {
          // Its connection is closed, and each call would be refused.
          return;
        }
        session.getUserProperties().put(JakartaSocket.CLOSE_SEND_TIMEOUT, 1L);
        close.invokeExact(session, SENT, TOLD, true);
        // Had it sent a close before, then that did nothing; this is what the answer would do.
        answered.invokeExact(session, TOLD);
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    @Override
    boolean isAnswered(Session session) {
      try {
        return (boolean) isClosed.invokeExact(session);
      } catch (Throwable e) {
        throw failed(e);
      }
    }
  }

  /** {@code io.undertow.websockets.jsr.UndertowSession} and its channel. */
  private static final class UndertowSession extends VendorSession {
    private final MethodHandle suspend;
    private final MethodHandle resume;
    private final MethodHandle cut;
    private final MethodHandle isAnswered;
    private final MethodHandle executor;

    UndertowSession(ClassLoader classes) throws ReflectiveOperationException {
      Class<?> type = Class.forName("io.undertow.websockets.jsr.UndertowSession", false, classes);
      Class<?> channel =
          Class.forName("io.undertow.websockets.core.WebSocketChannel", false, classes);
      MethodType nothing = MethodType.methodType(void.class);
      MethodType onSession = MethodType.methodType(void.class, Session.class);
      MethodHandle of = method(type, "getWebSocketChannel", MethodType.methodType(channel));
      suspend =
          MethodHandles.filterReturnValue(of, method(channel, "suspendReceives", nothing))
              .asType(onSession);
      resume =
          MethodHandles.filterReturnValue(of, method(channel, "resumeReceives", nothing))
              .asType(onSession);
      cut = method(type, "forceClose", nothing).asType(onSession);
      isAnswered =
          MethodHandles.filterReturnValue(
                  of, method(channel, "isCloseFrameReceived", MethodType.methodType(boolean.class)))
              .asType(MethodType.methodType(boolean.class, Session.class));
      executor =
          method(type, "getExecutor", MethodType.methodType(Executor.class))
              .asType(MethodType.methodType(Executor.class, Session.class));
    }

    @Override
    void suspend(Session session) {
      try {
        suspend.invokeExact(session);
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    @Override
    boolean resume(Session session, boolean waits) {
      try {
        resume.invokeExact(session);
        return true;
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    @Override
    void cut(Session session) {
      try {
        cut.invokeExact(session);
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    @Override
    boolean breakOff(Session session) {
      return !isAnswered(session);
    }

    /** A worker has them still while the I/O thread sees the end of the connection already. */
    @Override
    void behindMessages(Session session, Runnable work) {
      try {
        ((Executor) executor.invokeExact(session)).execute(work);
      } catch (RejectedExecutionException e) {
        work.run();
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    @Override
    boolean isAnswered(Session session) {
      try {
        // It waits for the client to close its socket, too.
        return !session.isOpen() || (boolean) isAnswered.invokeExact(session);
      } catch (Throwable e) {
        throw failed(e);
      }
    }
  }
}
