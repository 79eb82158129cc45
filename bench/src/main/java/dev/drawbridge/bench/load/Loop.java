package dev.drawbridge.bench.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One thread that serves all clients of a driver. Not thread-safe. */
public final class Loop implements AutoCloseable {
  private static final int BUFFER_BYTES = 256 * 1024;

  /** Connections from one address of the loopback net, well below its number of ports. */
  private static final int CONNECTIONS_PER_ADDRESS = 1000;

  private final Selector selector;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private final InetSocketAddress server;
  private long pauseMillis = 100;
  private long opened;

  public Loop(int port) throws IOException {
    this.selector = Selector.open();
    this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** Looks whether it is true what it waits for at least so often, also when nothing comes. */
  public void pace(long millis) {
    pauseMillis = millis;
  }

  /** Begins to connect. */
  public void open(Peer peer) {
    open(peer, null);
  }

  /** Begins to connect to another port than the usual one. */
  public void openAt(Peer peer, int port) {
    open(peer, null, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  /**
   * Begins to connect.
   *
   * @param receiveBuffer bytes of the socket's buffer; null for what the system gives
   */
  void open(Peer peer, @Nullable Integer receiveBuffer) {
    open(peer, receiveBuffer, server);
  }

  private void open(Peer peer, @Nullable Integer receiveBuffer, InetSocketAddress to) {
    try {
      SocketChannel channel = SocketChannel.open();
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      if (receiveBuffer != null) {
        channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
      }
      // 127.0.0.1, 127.0.0.2 … have ports of their own.
      int last = 1 + (int) (opened++ / CONNECTIONS_PER_ADDRESS % 200);
      channel.bind(
          new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last}), 0));
      channel.connect(to);
      peer.attach(channel, channel.register(selector, SelectionKey.OP_CONNECT, peer));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Serves until something is true, at most so long; false when the time was over. */
  public boolean run(long nanos, BooleanSupplier until) {
    long end = System.nanoTime() + nanos;
    try {
      while (!until.getAsBoolean()) {
        long left = end - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        selector.select(
            key -> {
              if (key.isValid()) {
                ((Peer) key.attachment()).ready(buffer);
              }
            },
            Math.max(1, Math.min(pauseMillis, left / 1_000_000)));
      }
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Serves for so long. */
  public void run(long nanos) {
    run(nanos, () -> false);
  }

  @Override
  public void close() {
    selector.keys().forEach(key -> ((Peer) key.attachment()).cut(0));
    try {
      selector.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
