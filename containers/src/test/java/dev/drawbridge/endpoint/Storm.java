package dev.drawbridge.endpoint;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Clients that all come at the same moment, as after a server's restart: each connects, is
 * welcomed, asks for an echo, gets it and stays. One thread plays them all.
 */
final class Storm implements AutoCloseable {
  private static final int BUFFER = 4096;
  private static final byte[] ECHO =
      RawSocket.textFrame("{\"type\":\"echo\",\"id\":\"1\",\"data\":\"x\"}");
  private static final byte[] CLOSE =
      RawSocket.frame(RawSocket.CLOSE, true, false, 2, new byte[] {3, (byte) 0xE8});

  private final Selector selector = Selector.open();
  private final List<Client> clients = new ArrayList<>();
  private final byte[] request;

  private static final class Client {
    private final SocketChannel channel;
    private final ByteBuffer read = ByteBuffer.allocate(BUFFER);
    private boolean welcomed;

    Client(SocketChannel channel) {
      this.channel = channel;
    }

    /** What the server has said so far. */
    String text() {
      return new String(read.array(), 0, read.position(), StandardCharsets.UTF_8);
    }

    void write(byte[] bytes) throws IOException {
      if (channel.write(ByteBuffer.wrap(bytes)) != bytes.length) {
        throw new IOException("the network takes no " + bytes.length + " bytes at once");
      }
    }
  }

  Storm(int port, int count) throws IOException {
    request =
        ("GET /ws HTTP/1.1\r\nHost: 127.0.0.1:"
                + port
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer "
                + Host.TOKENS.of("alice")
                + "\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1);
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    for (int i = 0; i < count; i++) {
      Client client = new Client(SocketChannel.open());
      clients.add(client);
      client.channel.configureBlocking(false);
      client.channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      client.channel.connect(address);
      client.channel.register(selector, SelectionKey.OP_CONNECT, client);
    }
  }

  /**
   * Plays them until each has its echo.
   *
   * @return how long the last one has waited
   * @throws AssertionError when one is refused or cut, or not all are served in time
   */
  Duration served(Duration patience) throws IOException {
    long start = System.nanoTime();
    int welcomed = 0;
    int served = 0;
    while (served < clients.size()) {
      if (System.nanoTime() - start > patience.toNanos()) {
        throw new AssertionError(
            "%d of %d welcomed, %d served within %s"
                .formatted(welcomed, clients.size(), served, patience));
      }
      selector.select(100);
      for (SelectionKey key : selector.selectedKeys()) {
        Client client = (Client) key.attachment();
        if (key.isConnectable()) {
          client.channel.finishConnect();
          client.write(request);
          key.interestOps(SelectionKey.OP_READ);
        } else if (client.channel.read(client.read) < 0) {
          throw new AssertionError("one was cut after: " + client.text());
        } else if (!client.welcomed && client.text().contains("\"type\":\"welcome\"")) {
          client.welcomed = true;
          welcomed++;
          client.write(ECHO);
        } else if (client.text().contains("\"type\":\"ack\"")) {
          served++;
          key.cancel();
        } else if (!client.read.hasRemaining()) {
          throw new AssertionError("one was not understood: " + client.text());
        }
      }
      selector.selectedKeys().clear();
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** Resets them all. */
  void cut() throws IOException {
    for (Client client : clients) {
      client.channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      client.channel.close();
    }
    // A channel is closed for the network once its selector has let it go.
    selector.selectNow();
  }

  /** Closes them all by the protocol, and then their sockets. */
  void leave() throws IOException {
    for (Client client : clients) {
      client.write(CLOSE);
      client.channel.shutdownOutput();
    }
  }

  @Override
  public void close() throws IOException {
    for (Client client : clients) {
      client.channel.close();
    }
    selector.close();
  }
}
