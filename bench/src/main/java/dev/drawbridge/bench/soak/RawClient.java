package dev.drawbridge.bench.soak;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A WebSocket by hand, for what no honest client sends. For one thread. */
final class RawClient implements AutoCloseable {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;

  private static final byte[] MASK = {1, 2, 3, 4};

  private final Socket socket = new Socket();
  private final OutputStream out;
  private final DataInputStream in;

  RawClient(int port, int timeoutMs) throws IOException {
    socket.setReceiveBufferSize(16 * 1024);
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), timeoutMs);
    socket.setSoTimeout(timeoutMs);
    out = socket.getOutputStream();
    in = new DataInputStream(socket.getInputStream());
  }

  /** Sends the head of a handshake. */
  void handshake(int port, @Nullable String token) throws IOException {
    String authorization = token == null ? "" : "Authorization: Bearer " + token + "\r\n";
    raw(
        ("GET /ws HTTP/1.1\r\nHost: 127.0.0.1:"
                + port
                + "\r\n"
                + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + authorization
                + "\r\n")
            .getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Reads the head of an answer; the status, 0 when the connection ended instead. */
  int status() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        return 0;
      }
      head.append((char) b);
    }
    return Integer.parseInt(head.substring(9, 12));
  }

  void text(String text) throws IOException {
    frame(TEXT, true, text.getBytes(StandardCharsets.UTF_8));
  }

  void frame(int opcode, boolean last, byte[] payload) throws IOException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream(payload.length + 14);
    frame.write((last ? 0x80 : 0) | opcode);
    if (payload.length < 126) {
      frame.write(0x80 | payload.length);
    } else {
      frame.write(0x80 | 126);
      frame.write(payload.length >> 8);
      frame.write(payload.length);
    }
    frame.write(MASK, 0, MASK.length);
    for (int i = 0; i < payload.length; i++) {
      frame.write(payload[i] ^ MASK[i % MASK.length]);
    }
    raw(frame.toByteArray());
  }

  void raw(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  /** Reads up to the close frame; its code, or 1006 when the connection ended without one. */
  int closeCode() {
    try {
      while (true) {
        int opcode = in.readUnsignedByte() & 0x0F;
        int length = in.readUnsignedByte() & 0x7F;
        if (length == 126) {
          length = in.readUnsignedShort();
        } else if (length == 127) {
          length = (int) in.readLong();
        }
        byte[] payload = in.readNBytes(length);
        if (opcode == CLOSE) {
          return length < 2 ? 1005 : ((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF);
        }
      }
    } catch (EOFException e) {
      return 1006;
    } catch (IOException e) {
      // A reset; or nothing came within the time-out, which no misdeed expects.
      return e instanceof java.net.SocketTimeoutException ? 0 : 1006;
    }
  }

  /** Ends with a reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
