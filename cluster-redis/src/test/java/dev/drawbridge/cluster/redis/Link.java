package dev.drawbridge.cluster.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Forwards to a server, and cuts, refuses or swallows when it is told to. */
final class Link implements AutoCloseable {
  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final int target;
  private volatile boolean away;
  private volatile boolean swallowing;

  Link(int target) throws IOException {
    this.target = target;
    start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Cuts what there is, and what comes, until it is told otherwise. */
  void away(boolean now) {
    away = now;
    if (now) {
      cut();
    }
  }

  /** Lets connections stand and carries nothing; what was swallowed never arrives. */
  void swallowing(boolean now) {
    swallowing = now;
    if (!now) {
      cut();
    }
  }

  private void cut() {
    sockets.forEach(Link::close);
    sockets.clear();
  }

  private static void start(Runnable life) {
    Thread thread = new Thread(life, "link");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (away) {
          client.close();
          continue;
        }
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        sockets.add(client);
        sockets.add(server);
        start(() -> pump(client, server));
        start(() -> pump(server, client));
      } catch (IOException e) {
        // Closed, or one of the two is gone: the next one is another connection.
      }
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] bytes = new byte[8_192];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
        if (!swallowing) {
          out.write(bytes, 0, n);
        }
      }
    } catch (IOException e) {
      // One side is gone, and so is the other now.
    }
    sockets.remove(from);
    sockets.remove(to);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone already.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }
}
