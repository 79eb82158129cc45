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
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Forwards to a server, and cuts each connection after a random number of bytes of the server, or
 * swallows what follows.
 */
final class CuttingProxy implements AutoCloseable {
  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final int target;
  private final int maxBytes;
  private final boolean swallows;

  /** Guarded by itself. */
  private final Random random;

  CuttingProxy(int target, int maxBytes, long seed) throws IOException {
    this(target, maxBytes, seed, false);
  }

  /**
   * A proxy on a free port.
   *
   * @param swallows both sides go on believing in the connection when its bytes are over
   */
  CuttingProxy(int target, int maxBytes, long seed, boolean swallows) throws IOException {
    this.swallows = swallows;
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
        AtomicInteger left = new AtomicInteger(budget);
        start(() -> pump(client, server, left, false));
        start(() -> pump(server, client, left, true));
      } catch (IOException e) {
        // Closed, or one of the two is gone: the next one is another connection.
      }
    }
  }

  /**
   * Forwards until the end.
   *
   * @param left bytes of the server until the fault, for both directions
   * @param counts these are the bytes of the server
   */
  private void pump(Socket from, Socket to, AtomicInteger left, boolean counts) {
    byte[] buffer = new byte[4096];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      boolean open = true;
      while (open) {
        boolean broken = left.get() <= 0;
        int most = counts && !broken ? Math.min(buffer.length, left.get()) : buffer.length;
        int read = broken && !swallows ? -1 : in.read(buffer, 0, most);
        open = read >= 0;
        if (open && left.get() > 0) {
          out.write(buffer, 0, read);
          left.addAndGet(counts ? -read : 0);
        }
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
