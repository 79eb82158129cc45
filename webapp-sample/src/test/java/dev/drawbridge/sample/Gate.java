package dev.drawbridge.sample;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A proxy in front of a server that can be cut, held up, made to swallow everything, or made to
 * know no upgrades. Thread-safe.
 */
final class Gate implements AutoCloseable {

  /** What happens to connections and bytes. */
  enum Mode {
    /** Forwards. */
    OPEN,
    /** Reads nothing from the server until another mode is set, as a link does that is too slow. */
    HELD,
    /** Accepts and keeps everything to itself, as a network does that has gone away. */
    SILENT,
    /** Answers 404 to upgrades, as a proxy does that was not told of them. */
    NO_UPGRADES,
    /** Drops the chosen subprotocol from the answer to an upgrade. */
    NO_SUBPROTOCOL,
    /** Lets the answer to an upgrade pass, and nothing after it. */
    MUTE
  }

  private final ServerSocket entrance;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Object change = new Object();
  private volatile int target;
  private volatile Mode mode = Mode.OPEN;

  Gate(int target) {
    this(target, Mode.OPEN);
  }

  Gate(int target, Mode mode) {
    this.target = target;
    this.mode = mode;
    try {
      entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept);
  }

  /** Where the WebSocket is, as seen through the gate. */
  String socket() {
    return "ws://127.0.0.1:" + entrance.getLocalPort() + "/ws";
  }

  /** The page, as seen through the gate. */
  URI page() {
    return URI.create("http://127.0.0.1:" + entrance.getLocalPort() + "/");
  }

  void mode(Mode wanted) {
    synchronized (change) {
      mode = wanted;
      change.notifyAll();
    }
  }

  /** Leads to another server from now on, and cuts what led to the old one. */
  void leadTo(int port) {
    target = port;
    cut();
  }

  /** Ends every connection without a word. */
  void cut() {
    sockets.forEach(Gate::close);
    sockets.clear();
  }

  @Override
  public void close() {
    try {
      entrance.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      mode(Mode.OPEN);
      cut();
    }
  }

  private void accept() {
    while (!entrance.isClosed()) {
      try {
        Socket near = entrance.accept();
        sockets.add(near);
        start(() -> serve(near));
      } catch (IOException e) {
        // Closed: the loop ends.
      }
    }
  }

  /** Waits as long as the gate is in this mode. */
  private void awaitEnd(Mode of) throws InterruptedIOException {
    synchronized (change) {
      while (mode == of) {
        try {
          change.wait();
        } catch (InterruptedException e) {
          throw new InterruptedIOException();
        }
      }
    }
  }

  private void serve(Socket near) {
    try {
      byte[] head = head(near.getInputStream());
      String text = new String(head, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
      if (mode == Mode.NO_UPGRADES && text.contains("upgrade: websocket")) {
        near.getOutputStream()
            .write(
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        close(near);
        return;
      }
      // A new connection finds no more of a network that has gone away than an old one.
      awaitEnd(Mode.SILENT);
      Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
      sockets.add(far);
      far.getOutputStream().write(head);
      start(
          () -> {
            if (text.contains("upgrade: websocket") && !answerUpgrade(far, near)) {
              return;
            }
            pump(far, near, true);
          });
      pump(near, far, false);
    } catch (IOException e) {
      close(near);
    }
  }

  /**
   * Passes the server's answer on, as the mode wants it.
   *
   * @return false when nothing more is to pass
   */
  private boolean answerUpgrade(Socket far, Socket near) {
    Mode present = mode;
    if (present != Mode.NO_SUBPROTOCOL && present != Mode.MUTE) {
      return true;
    }
    try {
      String answer = new String(head(far.getInputStream()), StandardCharsets.ISO_8859_1);
      if (present == Mode.NO_SUBPROTOCOL) {
        answer = answer.replaceFirst("(?i)sec-websocket-protocol:[^\r\n]*\r?\n", "");
      }
      near.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      close(near);
      return false;
    }
    return present != Mode.MUTE;
  }

  /** A request's first bytes, up to the end of its header. */
  private static byte[] head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int newlines = 0;
    while (newlines < 2) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("ended within the header");
      }
      head.write(next);
      if (next == '\n') {
        newlines++;
      } else if (next != '\r') {
        newlines = 0;
      }
    }
    return head.toByteArray();
  }

  private void pump(Socket from, Socket to, boolean toPage) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[8192];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (toPage) {
          awaitEnd(Mode.HELD);
        }
        if (mode != Mode.SILENT) {
          out.write(buffer, 0, count);
        }
      }
    } catch (IOException e) {
      // One side is gone: the other one hears of it below.
    }
    // A network that has gone away does not even carry the news of an end.
    if (mode != Mode.SILENT) {
      close(from);
      close(to);
    }
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "gate");
    thread.setDaemon(true);
    thread.start();
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
