package dev.drawbridge.endpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Forwards to a server, and cuts each connection after a random number of bytes of the server. */
final class CuttingProxy implements AutoCloseable {
  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final int target;
  private final int maxBytes;

  /** Guarded by itself. */
  private final Random random;

  CuttingProxy(int target, int maxBytes, long seed) throws IOException {
    this.target = target;
    this.maxBytes = maxBytes;
    this.random = new Random(seed);
    start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private static void start(Runnable life) {
    Thread thread = new Thread(life, "cutting-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        sockets.add(client);
        sockets.add(server);
        int budget;
        synchronized (random) {
          budget = random.nextInt(maxBytes);
        }
        start(() -> pump(client, server, Integer.MAX_VALUE));
        start(() -> pump(server, client, budget));
      } catch (IOException e) {
        // Closed, or one of the two is gone: the next one is another connection.
      }
    }
  }

  private void pump(Socket from, Socket to, int budget) {
    byte[] buffer = new byte[4096];
    int left = budget;
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      while (left > 0) {
        int read = in.read(buffer, 0, Math.min(buffer.length, left));
        if (read < 0) {
          break;
        }
        out.write(buffer, 0, read);
        left -= left == Integer.MAX_VALUE ? 0 : read;
      }
    } catch (IOException e) {
      // The end of both.
    }
    for (Socket socket : new Socket[] {from, to}) {
      sockets.remove(socket);
      try {
        socket.close();
      } catch (IOException e) {
        // It is closed.
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
