package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** A WebSocket by hand, for what no well-behaved client sends. */
public final class RawSocket implements AutoCloseable {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  public static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  private static final int TIMEOUT_MS = 10_000;
  private static final byte[] MASK = {1, 2, 3, 4};

  private final Socket socket;
  private final OutputStream out;
  private final DataInputStream in;
  private final String handshake;

  /** One frame from the server. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  public record Frame(int opcode, boolean last, boolean compressed, byte[] payload) {
    public String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    public int closeCode() {
      return ((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF);
    }
  }

  /** Sends a handshake and resets the connection at once. */
  static void resetDuringHandshake(int port, String subject) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoLinger(true, 0);
      socket.getOutputStream().write(request(port, subject).getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  private static String request(int port, String subject, String... headers) {
    StringBuilder request =
        new StringBuilder()
            .append("GET /ws HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n")
            .append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n")
            .append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
            .append("Authorization: Bearer " + new TestTokens().of(subject) + "\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    return request.append("\r\n").toString();
  }

  public RawSocket(int port, String subject, String... headers) throws IOException {
    this(connected(port), port, subject, headers);
  }

  /** Over a socket that is connected already, for example one with TLS. */
  RawSocket(Socket connected, int port, String subject, String... headers) throws IOException {
    socket = connected;
    socket.setSoTimeout(TIMEOUT_MS);
    out = socket.getOutputStream();
    in = new DataInputStream(socket.getInputStream());
    out.write(request(port, subject, headers).getBytes(StandardCharsets.ISO_8859_1));
    handshake = readHead();
    if (!handshake.startsWith("HTTP/1.1 101 ")) {
      throw new IOException("not upgraded: " + handshake);
    }
  }

  private static Socket connected(int port) throws IOException {
    Socket socket = new Socket();
    // Small buffers, so that a reader that stops is felt soon.
    socket.setReceiveBufferSize(8 * 1024);
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MS);
    return socket;
  }

  /** Connects and reads the welcome. */
  static RawSocket open(TestServer server, String subject) throws IOException {
    RawSocket socket = new RawSocket(server.port(), subject);
    Frame welcome = socket.read();
    if (!welcome.text().startsWith("{\"type\":\"welcome\"")) {
      throw new AssertionError("expected the welcome, got " + welcome.text());
    }
    return socket;
  }

  String handshake() {
    return handshake;
  }

  public void text(String text) throws IOException {
    send(TEXT, true, text.getBytes(StandardCharsets.UTF_8));
  }

  void send(int opcode, boolean last, byte[] payload) throws IOException {
    send(opcode, last, false, payload.length, payload);
  }

  /** Sends a frame whose header may promise another length than it has. */
  void send(int opcode, boolean last, boolean compressed, long length, byte[] payload)
      throws IOException {
    out.write(frame(opcode, last, compressed, length, payload));
  }

  /** The bytes of a whole text frame. */
  static byte[] textFrame(String text) {
    byte[] payload = text.getBytes(StandardCharsets.UTF_8);
    return frame(TEXT, true, false, payload.length, payload);
  }

  static byte[] frame(int opcode, boolean last, boolean compressed, long length, byte[] payload) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream(payload.length + 14);
    frame.write((last ? 0x80 : 0) | (compressed ? 0x40 : 0) | opcode);
    if (length < 126) {
      frame.write(0x80 | (int) length);
    } else if (length < 65_536) {
      frame.write(0x80 | 126);
      frame.write((int) (length >> 8));
      frame.write((int) length);
    } else {
      frame.write(0x80 | 127);
      for (int shift = 56; shift >= 0; shift -= 8) {
        frame.write((int) (length >> shift));
      }
    }
    frame.write(MASK, 0, MASK.length);
    for (int i = 0; i < payload.length; i++) {
      frame.write(payload[i] ^ MASK[i % 4]);
    }
    return frame.toByteArray();
  }

  void raw(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  /** The next frame; null at the end of the stream, orderly or not. */
  public Frame read() throws IOException {
    try {
      int first = in.readUnsignedByte();
      int second = in.readUnsignedByte();
      long length = second & 0x7F;
      if (length == 126) {
        length = in.readUnsignedShort();
      } else if (length == 127) {
        length = in.readLong();
      }
      byte[] payload = in.readNBytes((int) length);
      if (payload.length < length) {
        return null;
      }
      return new Frame(first & 0x0F, (first & 0x80) != 0, (first & 0x40) != 0, payload);
    } catch (EOFException | SocketException e) {
      return null;
    }
  }

  /** Reads until a frame of an opcode. */
  Frame readUntil(int opcode) throws IOException {
    Frame frame = read();
    while (frame != null && frame.opcode() != opcode) {
      frame = read();
    }
    return frame;
  }

  public Socket socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private String readHead() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("no answer: " + head);
      }
      head.append((char) b);
    }
    return head.toString();
  }
}
