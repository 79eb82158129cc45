package dev.drawbridge.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A network between a client and a server of this machine that can be cut, or swallow everything.
 * Thread-safe.
 */
public class TcpProxy implements AutoCloseable {
  private static final int BACKLOG = 50;

  private final ServerSocket listener;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicLong requests = new AtomicLong();

  /** While true nothing arrives on either side, not even the end of the other. Guarded by this. */
  private boolean swallows;

  private volatile boolean refuses;

  /** Null for none. */
  private volatile byte @Nullable [] last;

  /** Listens on a free port for clients of the server at another one. */
  public TcpProxy(int target) throws IOException {
    this(new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()), target);
  }

  /** Takes clients from a socket of the caller's, for example one with TLS. */
  protected TcpProxy(ServerSocket listener, int target) {
    this.listener = listener;
    this.target = target;
    start(this::accept);
  }

  public final int port() {
    return listener.getLocalPort();
  }

  /** What has come from clients in one piece, small enough to be one message to the server. */
  public final long requests() {
    return requests.get();
  }

  /** Breaks every connection that is open now. */
  public final void cut() {
    for (Socket socket : Set.copyOf(sockets)) {
      forget(socket);
    }
  }

  /**
   * The next connection that carries this text from the client is broken when the server answers
   * it: the server has done it, and the client is not told.
   */
  public final void swallowAnswerTo(String text) {
    last = text.getBytes(StandardCharsets.UTF_8);
  }

  /** Whether from now on nobody gets through; breaks what is open. */
  public final void refuse(boolean all) {
    refuses = all;
    if (all) {
      cut();
    }
  }

  /**
   * Whether from now on nothing arrives, and nobody is told; old connections and new ones alike.
   */
  public final synchronized void swallow(boolean all) {
    swallows = all;
    notifyAll();
  }

  /**
   * Passes the first bytes of a connection, if they are to be others than the client's.
   *
   * @throws IOException if one of the two is gone
   */
  protected void begin(InputStream client, OutputStream server) throws IOException {
    // As they are.
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (refuses) {
          client.close();
          continue;
        }
        sockets.add(client);
        start(() -> serve(client));
      } catch (IOException e) {
        // Closed, or a client that has no TLS: the next one is another one.
      }
    }
  }

  private void serve(Socket client) {
    try {
      Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
      sockets.add(server);
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      begin(client.getInputStream(), server.getOutputStream());
      AtomicBoolean ends = new AtomicBoolean();
      start(() -> pump(server, client, new AtomicLong(), ends));
      pump(client, server, requests, ends);
    } catch (IOException e) {
      // The server is away, or the client.
      forget(client);
    }
  }

  private void pump(Socket from, Socket to, AtomicLong pieces, AtomicBoolean ends) {
    byte[] buffer = new byte[8192];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        pieces.incrementAndGet();
        awaitFlow();
        if (pieces != requests && ends.get()) {
          return;
        }
        byte[] text = last;
        if (pieces == requests && text != null && holds(buffer, read, text)) {
          last = null;
          ends.set(true);
        }
        out.write(buffer, 0, read);
        out.flush();
      }
      awaitFlow();
    } catch (IOException | InterruptedException e) {
      // One side is gone, so is the other.
    } finally {
      forget(from);
      forget(to);
    }
  }

  private static boolean holds(byte[] bytes, int count, byte[] text) {
    for (int i = 0; i + text.length <= count; i++) {
      if (Arrays.equals(bytes, i, i + text.length, text, 0, text.length)) {
        return true;
      }
    }
    return false;
  }

  private synchronized void awaitFlow() throws InterruptedException {
    while (swallows) {
      wait();
    }
  }

  private void forget(Socket socket) {
    sockets.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // Closed is what it should be.
    }
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "tcp-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  /** Listens no more, and breaks what is open. */
  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      cut();
      swallow(false);
    }
  }
}
