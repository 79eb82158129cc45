package dev.drawbridge.endpoint.internal.transport.jakarta;

import jakarta.websocket.Session;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.channels.CompletionHandler;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Texts as whole frames on Tomcat's own socket, in turn with the control frames that Tomcat sends
 * itself. Tomcat's {@code getAsyncRemote} takes a second thread for the end of each text, and cuts
 * longer ones into fragments. Made of members of Tomcat that are not public, and have been the same
 * since 10.1; where one is missing this is not there. Immutable.
 */
final class TomcatFrames {
  /** Longer texts go Tomcat's way, in pieces: the JDK keeps a buffer as large as each write. */
  static final int MAX_CHARS = 64 * 1024;

  private static final Logger log = LoggerFactory.getLogger(TomcatFrames.class);
  private static final String PACKAGE = "org.apache.tomcat.websocket.";
  private static final int TEXT = 0x81;
  private static final int ONE_BYTE = 126;
  private static final int TWO_BYTES = 65_536;

  private final MethodHandle remote;
  private final MethodHandle lock;
  private final MethodHandle turn;
  private final MethodHandle socket;
  private final MethodHandle isClosed;
  private final MethodHandle counts;
  private final MethodHandle touches;
  private final MethodHandle hasAsyncIo;
  private final MethodHandle write;

  /** What a write returns when nothing is done. */
  private final Object notDone;

  private TomcatFrames(ClassLoader classes) throws ReflectiveOperationException {
    Class<?> session = Class.forName(PACKAGE + "WsSession", false, classes);
    Class<?> base = Class.forName(PACKAGE + "WsRemoteEndpointImplBase", false, classes);
    Class<?> server = Class.forName(PACKAGE + "server.WsRemoteEndpointImplServer", false, classes);
    Class<?> wrapper = Class.forName("org.apache.tomcat.util.net.SocketWrapperBase", true, classes);
    MethodType ofObject = MethodType.methodType(Object.class, Object.class);
    remote =
        getter(session, "wsRemoteEndpoint")
            .asType(MethodType.methodType(Object.class, Session.class));
    lock = method(base, "getLock").asType(MethodType.methodType(Lock.class, Object.class));
    turn =
        getter(base, "messagePartInProgress")
            .asType(MethodType.methodType(Semaphore.class, Object.class));
    socket = getter(server, "socketWrapper").asType(ofObject);
    isClosed = getter(base, "closed").asType(MethodType.methodType(boolean.class, Object.class));
    counts =
        method(base, "updateStats", long.class)
            .asType(MethodType.methodType(void.class, Object.class, long.class));
    touches =
        method(session, "updateLastActiveWrite")
            .asType(MethodType.methodType(void.class, Session.class));
    hasAsyncIo =
        method(wrapper, "hasAsyncIO").asType(MethodType.methodType(boolean.class, Object.class));
    write = write(wrapper, classes);
    notDone = constant(wrapper.getName() + "$CompletionState", "NOT_DONE", classes);
  }

  /** Never waits, and calls the handler when all is written. */
  private static MethodHandle write(Class<?> wrapper, ClassLoader classes)
      throws ReflectiveOperationException {
    Class<?> modes = Class.forName(wrapper.getName() + "$BlockingMode", true, classes);
    Class<?> check = Class.forName(wrapper.getName() + "$CompletionCheck", true, classes);
    MethodHandle all =
        method(
                wrapper,
                "write",
                modes,
                long.class,
                TimeUnit.class,
                Object.class,
                check,
                CompletionHandler.class,
                ByteBuffer[].class)
            .asFixedArity();
    return MethodHandles.insertArguments(
            all,
            1,
            constant(modes.getName(), "NON_BLOCK", classes),
            // Ours is the deadline of the text.
            Long.MAX_VALUE,
            TimeUnit.MILLISECONDS,
            null,
            wrapper.getField("COMPLETE_WRITE_WITH_COMPLETION").get(null))
        .asType(
            MethodType.methodType(
                Object.class, Object.class, CompletionHandler.class, ByteBuffer[].class));
  }

  private static Object constant(String type, String name, ClassLoader classes)
      throws ReflectiveOperationException {
    return Class.forName(type, true, classes).getField(name).get(null);
  }

  private static MethodHandle getter(Class<?> type, String name)
      throws ReflectiveOperationException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return MethodHandles.lookup().unreflectGetter(field);
  }

  private static MethodHandle method(Class<?> type, String name, Class<?>... parameters)
      throws ReflectiveOperationException {
    Method method = type.getDeclaredMethod(name, parameters);
    method.setAccessible(true);
    return MethodHandles.lookup().unreflect(method);
  }

  /** Those of a Tomcat; null where it has not all of its members. */
  static @Nullable TomcatFrames of(ClassLoader classes) {
    try {
      return new TomcatFrames(classes);
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      log.debug("texts go by the API of Tomcat", e);
      return null;
    }
  }

  /** The lock that a thread of Tomcat holds for as long as it reads. */
  Lock lock(Session session) {
    try {
      return (Lock) lock.invokeExact((Object) remote.invokeExact(session));
    } catch (Throwable e) {
      throw VendorSession.failed(e);
    }
  }

  /** Of one connection; null where frames are compressed, or the connector writes otherwise. */
  @Nullable Line line(Session session, VendorSession.Sending told) {
    try {
      Object remoteEnd = (Object) remote.invokeExact(session);
      Object wrapper = (Object) socket.invokeExact(remoteEnd);
      if (!session.getNegotiatedExtensions().isEmpty()
          || !(boolean) hasAsyncIo.invokeExact(wrapper)) {
        return null;
      }
      Semaphore mine = (Semaphore) turn.invokeExact(remoteEnd);
      return new Line(session, told, remoteEnd, wrapper, mine);
    } catch (Throwable e) {
      log.debug("the texts of one connection go by the API of Tomcat", e);
      return null;
    }
  }

  /** A text frame of the server. */
  static ByteBuffer frame(String text) {
    byte[] payload = text.getBytes(StandardCharsets.UTF_8);
    int length = payload.length;
    ByteBuffer frame = ByteBuffer.allocate(length + 10).put((byte) TEXT);
    if (length < ONE_BYTE) {
      frame.put((byte) length);
    } else if (length < TWO_BYTES) {
      frame.put((byte) ONE_BYTE).putShort((short) length);
    } else {
      frame.put((byte) (ONE_BYTE + 1)).putLong(length);
    }
    return frame.put(payload).flip();
  }

  /** The texts of one connection: one at a time. */
  final class Line implements CompletionHandler<Long, Object> {
    private final Session session;
    private final VendorSession.Sending told;
    private final Object remoteEnd;
    private final Object wrapper;

    /** Whose turn it is to write: also Tomcat's own frames wait for it. */
    private final Semaphore mine;

    private Line(
        Session session,
        VendorSession.Sending told,
        Object remoteEnd,
        Object wrapper,
        Semaphore mine) {
      this.session = session;
      this.told = told;
      this.remoteEnd = remoteEnd;
      this.wrapper = wrapper;
      this.mine = mine;
    }

    /**
     * Sends a text.
     *
     * @return false if it must go Tomcat's way, and nothing was done: it is too long, Tomcat is
     *     just sending a frame of its own, or has sent a close
     */
    boolean send(String text) {
      if (text.length() > MAX_CHARS || !mine.tryAcquire()) {
        return false;
      }
      boolean begun = false;
      try {
        if ((boolean) isClosed.invokeExact(remoteEnd)) {
          return false;
        }
        ByteBuffer frame = frame(text);
        touches.invokeExact(session);
        counts.invokeExact(remoteEnd, (long) frame.remaining());
        Object state =
            (Object)
                write.invokeExact(
                    wrapper, (CompletionHandler<?, ?>) this, new ByteBuffer[] {frame});
        begun = state != notDone;
        return begun;
      } catch (Throwable e) {
        throw VendorSession.failed(e);
      } finally {
        if (!begun) {
          mine.release();
        }
      }
    }

    @Override
    public void completed(Long bytes, @Nullable Object nothing) {
      mine.release();
      tell(null);
    }

    @Override
    public void failed(Throwable cause, @Nullable Object nothing) {
      mine.release();
      tell(cause);
    }

    /** Lets nothing through to Tomcat, which is in the middle of its own books here. */
    private void tell(@Nullable Throwable cause) {
      try {
        if (cause == null) {
          told.sent();
        } else {
          told.notSent(cause);
        }
      } catch (RuntimeException e) {
        log.error("the end of a text has failed: {}", e.getClass().getName());
      }
    }
  }
}
