package dev.drawbridge.endpoint.internal.transport.jakarta;

import jakarta.servlet.ServletException;
import jakarta.websocket.CloseReason;
import jakarta.websocket.CloseReason.CloseCodes;
import jakarta.websocket.Session;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * What the API for WebSockets lacks, by the container's own session: to stop reading, to go on, to
 * cut, and to see that a close was answered. Everything is looked up at the start. Thread-safe.
 */
abstract class VendorSession {

  /** No frame is read any more, but for those that were read already. Never twice in a row. */
  abstract void suspend(Session session);

  abstract void resume(Session session);

  /** Ends the TCP connection, also behind a close that was not answered; waits for nobody. */
  abstract void cut(Session session);

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
  private static RuntimeException failed(Throwable cause) {
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

    private static final CloseReason TOLD = new CloseReason(CloseCodes.CLOSED_ABNORMALLY, "");

    private final MethodHandle suspend;
    private final MethodHandle resume;
    private final MethodHandle isClosed;
    private final MethodHandle close;
    private final MethodHandle answered;

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

    @Override
    void resume(Session session) {
      try {
        resume.invokeExact(session);
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
    void resume(Session session) {
      try {
        resume.invokeExact(session);
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
