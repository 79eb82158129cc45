package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.endpoint.CloseCode;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionBindingEvent;
import jakarta.servlet.http.HttpSessionBindingListener;
import java.io.Serializable;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The connections whose handshakes came with one HTTP session, kept in the session itself, which
 * tells it when it ends, by logout or by time; then they are closed. Thread-safe.
 *
 * <p>A session that was written and read again, on another server or after a restart, forgets them.
 */
public final class SessionConnections implements HttpSessionBindingListener, Serializable {
  private static final long serialVersionUID = 1L;
  private static final String ATTRIBUTE = SessionConnections.class.getName();

  /**
   * Open ones, and some that were; weak, so that a session keeps none in memory. Null once taken
   * out of the session, which has ended or got another of these. Guarded by this.
   */
  @SuppressWarnings("serial") // Never written: readResolve begins anew.
  private transient @Nullable List<WeakReference<ServerConnection>> connections =
      new ArrayList<>(1);

  private SessionConnections() {}

  /**
   * Has a connection closed when a session ends.
   *
   * @param session null when the handshake came without one
   * @return false if it has ended already
   */
  public static boolean closeAtEndOf(@Nullable HttpSession session, ServerConnection connection) {
    if (session == null) {
      return true;
    }
    try {
      return of(session).add(connection);
    } catch (IllegalStateException e) {
      return false;
    }
  }

  private static SessionConnections of(HttpSession session) {
    // One for all sessions: containers give each request an object of its own for one session.
    synchronized (SessionConnections.class) {
      if (session.getAttribute(ATTRIBUTE) instanceof SessionConnections present) {
        return present;
      }
      SessionConnections created = new SessionConnections();
      session.setAttribute(ATTRIBUTE, created);
      return created;
    }
  }

  private synchronized boolean add(ServerConnection connection) {
    List<WeakReference<ServerConnection>> present = connections;
    if (present == null) {
      return false;
    }
    present.removeIf(each -> isOver(each.get()));
    present.add(new WeakReference<>(connection));
    return true;
  }

  private static boolean isOver(@Nullable ServerConnection connection) {
    return connection == null || connection.isEnded();
  }

  @Override
  public void valueUnbound(HttpSessionBindingEvent event) {
    List<WeakReference<ServerConnection>> ended;
    synchronized (this) {
      ended = connections;
      connections = null;
    }
    if (ended != null) {
      ended.stream()
          .map(WeakReference::get)
          .filter(Objects::nonNull)
          .forEach(SessionConnections::close);
    }
  }

  private static void close(ServerConnection connection) {
    if (connection.isOpen()) {
      connection.close(CloseCode.UNAUTHENTICATED, "session_ended");
    } else if (!connection.isClosing()) {
      connection.abort("the HTTP session has ended before it was open");
    }
  }

  private Object readResolve() {
    return new SessionConnections();
  }
}
