package dev.drawbridge.cluster.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Forwards to a server, and cuts, refuses, swallows, delays or leads elsewhere when it is told to.
 */
final class Link implements AutoCloseable {
  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile int target;
  private volatile boolean away;
  private volatile boolean swallowing;
  private volatile long delayMillis;

  /** In the request whose answer is lost; null for none. */
  private volatile @Nullable Loss loss;

  private record Loss(String mark, boolean thenAway, long heldMillis) {}

  /** The two directions of one connection. */
  private static final class Pair {
    /** A request has passed whose answer is to be lost. */
    private volatile @Nullable Loss lost;
  }

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

  /** Lets answers come so much later. */
  void delay(long millis) {
    delayMillis = millis;
  }

  /** New connections go to another server; those that there are stay where they are. */
  void target(int port) {
    target = port;
  }

  /**
   * Cuts the connection of the next request that holds this text, once the server has answered it:
   * it is executed, and nobody is told.
   *
   * @param thenAway all other connections are cut before, and no new one is carried
   */
  void loseAnswer(String mark, boolean thenAway) {
    loss = new Loss(mark, thenAway, 0);
  }

  /** Holds back the answer to the next request that holds this text, on its connection alone. */
  void holdAnswer(String mark, long millis) {
    loss = new Loss(mark, false, millis);
  }

  void cut() {
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
        Socket server;
        try {
          server = new Socket(InetAddress.getLoopbackAddress(), target);
        } catch (IOException e) {
          // Nobody is there, which whoever asks learns at once.
          client.close();
          continue;
        }
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        sockets.add(client);
        sockets.add(server);
        Pair pair = new Pair();
        start(() -> pump(client, server, pair, true));
        start(() -> pump(server, client, pair, false));
      } catch (IOException e) {
        // Closed, or one of the two is gone: the next one is another connection.
      }
    }
  }

  private void pump(Socket from, Socket to, Pair pair, boolean request) {
    byte[] bytes = new byte[8_192];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
        Loss next = loss;
        if (request
            && next != null
            && new String(bytes, 0, n, StandardCharsets.ISO_8859_1).contains(next.mark)) {
          loss = null;
          pair.lost = next;
          if (next.thenAway) {
            // Before the server has it: nobody else may hear of it on another connection.
            away = true;
            sockets.stream().filter(one -> one != from && one != to).forEach(Link::close);
          }
        }
        Loss lost = pair.lost;
        if (!request && lost != null && lost.heldMillis == 0) {
          break;
        }
        long pause = lost == null ? delayMillis : lost.heldMillis;
        if (!request && pause > 0) {
          pair.lost = null;
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pause));
        }
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
