package dev.drawbridge.endpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Passes bytes between a client and a server until it falls silent: a cut network path. */
final class SilentProxy implements AutoCloseable {
  private final ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final int target;
  private volatile boolean silent;
  private volatile Socket near;
  private volatile Socket far;

  SilentProxy(int target) throws IOException {
    this.target = target;
    start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  /** From now on nothing passes, and nobody is told. */
  void fallSilent() {
    silent = true;
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : new Socket[] {near, far}) {
      if (socket != null) {
        socket.close();
      }
    }
  }

  private void accept() {
    try {
      near = listening.accept();
      far = new Socket(InetAddress.getLoopbackAddress(), target);
      start(() -> copy(near, far));
      copy(far, near);
    } catch (IOException e) {
      // The test has ended.
    }
  }

  private void copy(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[8192];
      int length = in.read(buffer);
      while (length >= 0) {
        if (!silent) {
          out.write(buffer, 0, length);
          out.flush();
        }
        length = in.read(buffer);
      }
    } catch (IOException e) {
      // The test has ended, or one side is gone: the other is not told.
    }
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "silent-proxy");
    thread.setDaemon(true);
    thread.start();
  }
}
