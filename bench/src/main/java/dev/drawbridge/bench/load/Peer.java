package dev.drawbridge.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of one WebSocket, as lean as a driver needs it: no fragments, no extensions.
 * Used by the thread of its {@link Loop} only. RFC 6455.
 */
public abstract class Peer {
  private static final int OPCODE_TEXT = 1;
  private static final int OPCODE_CLOSE = 8;
  private static final int OPCODE_PING = 9;
  private static final int MASK = 0x5A17C33E;
  private static final byte[] CLOSE = frame(OPCODE_CLOSE, new byte[] {0x03, (byte) 0xE8});
  private static final byte[] PING = "{\"type\":\"ping\"".getBytes(StandardCharsets.US_ASCII);

  private final byte[] request;
  private SocketChannel channel;
  private SelectionKey key;
  private boolean upgraded;
  private boolean closed;

  /** Bytes of a frame that has not come as a whole, null between frames. */
  private byte @Nullable [] rest;

  /** Bytes that the socket did not take, null when there are none. */
  private @Nullable ByteBuffer unsent;

  /**
   * A connection that has not been opened.
   *
   * @param request the whole HTTP request of the handshake
   */
  protected Peer(byte[] request) {
    this.request = request;
  }

  /** The handshake has succeeded. */
  protected void opened() throws IOException {}

  /** A text came; it is valid during the call only. Pings of the protocol do not come here. */
  protected void text(ByteBuffer payload) throws IOException {}

  /**
   * It is over; called once.
   *
   * @param status of the HTTP answer when the handshake was refused, else 0
   */
  protected void closed(int status) {}

  /** What is sent at once for the texts that one read has brought. */
  protected void flush() throws IOException {}

  /** The request of a handshake that asks for nothing of ours. */
  public static byte[] handshake(String path) {
    return ("GET "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** A text as the bytes of one masked frame. */
  public static byte[] textFrame(String text) {
    return frame(OPCODE_TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] frame(int opcode, byte[] payload) {
    int head = payload.length < 126 ? 2 : 4;
    ByteBuffer frame = ByteBuffer.allocate(head + 4 + payload.length);
    frame.put((byte) (0x80 | opcode));
    if (head == 2) {
      frame.put((byte) (0x80 | payload.length));
    } else {
      frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
    }
    frame.putInt(MASK);
    for (int i = 0; i < payload.length; i++) {
      frame.put((byte) (payload[i] ^ (MASK >>> (8 * (3 - i % 4)))));
    }
    return frame.array();
  }

  void attach(SocketChannel socket, SelectionKey selected) {
    channel = socket;
    key = selected;
  }

  public boolean isUpgraded() {
    return upgraded;
  }

  public final void send(byte[] bytes) throws IOException {
    send(ByteBuffer.wrap(bytes));
  }

  public final void send(ByteBuffer bytes) throws IOException {
    if (unsent == null) {
      channel.write(bytes);
      if (!bytes.hasRemaining()) {
        return;
      }
    }
    int waiting = unsent == null ? 0 : unsent.remaining();
    ByteBuffer more = ByteBuffer.allocate(waiting + bytes.remaining());
    if (unsent != null) {
      more.put(unsent);
    }
    unsent = more.put(bytes).flip();
    key.interestOpsOr(SelectionKey.OP_WRITE);
  }

  /** Begins the closing handshake; the server ends the connection. */
  public final void leave() throws IOException {
    send(CLOSE);
  }

  /** Ends the connection at once. */
  public final void cut(int status) {
    if (!closed) {
      closed = true;
      key.cancel();
      try {
        channel.close();
      } catch (IOException e) {
        // It is gone either way.
      }
      closed(status);
    }
  }

  /** Stops to read, as a client does whose process is stopped. */
  final void stopReading() {
    key.interestOps(0);
  }

  /** Called by the loop with what the socket is ready for. */
  final void ready(ByteBuffer buffer) {
    try {
      if (key.isConnectable()) {
        channel.finishConnect();
        key.interestOps(SelectionKey.OP_READ);
        send(request);
      } else if (key.isWritable()) {
        resume();
      } else {
        read(buffer);
      }
    } catch (IOException e) {
      cut(0);
    }
  }

  private void resume() throws IOException {
    ByteBuffer waiting = unsent;
    if (waiting != null) {
      channel.write(waiting);
    }
    if (waiting == null || !waiting.hasRemaining()) {
      unsent = null;
      key.interestOps(SelectionKey.OP_READ);
    }
  }

  private void read(ByteBuffer buffer) throws IOException {
    buffer.clear();
    if (rest != null) {
      buffer.put(rest);
      rest = null;
    }
    int count = channel.read(buffer);
    if (count < 0) {
      cut(0);
      return;
    }
    buffer.flip();
    if ((upgraded || answer(buffer)) && !closed) {
      while (!closed && frame(buffer)) {
        // The next one.
      }
      if (!closed) {
        flush();
      }
    }
    if (!closed && buffer.hasRemaining()) {
      rest = new byte[buffer.remaining()];
      buffer.get(rest);
    }
  }

  /** Reads the answer to the handshake; false until it is complete or when it is a refusal. */
  private boolean answer(ByteBuffer buffer) throws IOException {
    for (int i = buffer.position(); i + 3 < buffer.limit(); i++) {
      if (buffer.getInt(i) == 0x0D0A0D0A) {
        int status =
            100 * (buffer.get(9) - '0') + 10 * (buffer.get(10) - '0') + buffer.get(11) - '0';
        buffer.position(i + 4);
        if (status != 101) {
          cut(status);
          return false;
        }
        upgraded = true;
        opened();
        return true;
      }
    }
    return false;
  }

  private boolean frame(ByteBuffer buffer) throws IOException {
    if (buffer.remaining() < 2) {
      return false;
    }
    int start = buffer.position();
    int opcode = buffer.get(start) & 0x0F;
    int length = buffer.get(start + 1) & 0x7F;
    int head = 2;
    if (length == 126) {
      if (buffer.remaining() < 4) {
        return false;
      }
      length = buffer.getShort(start + 2) & 0xFFFF;
      head = 4;
    } else if (length == 127) {
      throw new IOException("frames of 64 KiB and more are not expected");
    }
    if (buffer.remaining() < head + length) {
      return false;
    }
    int limit = buffer.limit();
    buffer.limit(start + head + length).position(start + head);
    if (opcode == OPCODE_TEXT) {
      if (isPing(buffer)) {
        pong(buffer);
      } else {
        text(buffer);
      }
    } else if (opcode == OPCODE_PING) {
      throw new IOException("pings of the transport are not expected");
    }
    buffer.limit(limit).position(start + head + length);
    return true;
  }

  private static boolean isPing(ByteBuffer payload) {
    if (payload.remaining() < PING.length) {
      return false;
    }
    for (int i = PING.length - 1; i >= 0; i--) {
      if (payload.get(payload.position() + i) != PING[i]) {
        return false;
      }
    }
    return true;
  }

  private void pong(ByteBuffer ping) throws IOException {
    String text = StandardCharsets.UTF_8.decode(ping.duplicate()).toString();
    send(textFrame(text.replace("\"ping\"", "\"pong\"")));
  }
}
