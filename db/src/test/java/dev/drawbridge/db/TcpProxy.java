package dev.drawbridge.db;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A network between driver and server that can be cut, or swallow everything. */
final class TcpProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  /** What came from clients in one piece, small enough to be one message to the server. */
  private final AtomicLong requests = new AtomicLong();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition flowing = lock.newCondition();

  /** Guarded by lock: while true bytes are taken and not passed on. */
  private boolean blackHole;

  TcpProxy(int target) throws IOException {
    this.target = target;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  long requests() {
    return requests.get();
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Breaks every connection that is open now. */
  void cut() {
    sockets.forEach(TcpProxy::close);
    sockets.clear();
  }

  /** From now on nothing arrives on either side, old connections and new ones alike. */
  void swallow(boolean all) {
    lock.lock();
    try {
      blackHole = all;
      flowing.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        sockets.add(client);
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.add(server);
        daemon(() -> pump(client, server, requests));
        daemon(() -> pump(server, client, new AtomicLong()));
      } catch (IOException e) {
        // the server is away or we are closed; the client's socket is closed by cut()
        cut();
      }
    }
  }

  private void pump(Socket from, Socket to, AtomicLong messages) {
    byte[] buffer = new byte[8192];
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        messages.incrementAndGet();
        awaitFlow();
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException | InterruptedException e) {
      // one side is gone, so is the other
    } finally {
      close(from);
      close(to);
    }
  }

  private void awaitFlow() throws InterruptedException {
    lock.lock();
    try {
      while (blackHole) {
        flowing.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "tcp-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // closed is what it should be
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
    swallow(false);
  }
}
