package dev.drawbridge.doctor.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;

/** Messages and control frames of RFC 6455 on a line, without extensions; the client's side. */
public final class Frames {
  public static final int TEXT = 1;
  public static final int BINARY = 2;
  public static final int CLOSE = 8;
  public static final int PING = 9;
  public static final int PONG = 10;

  /** Of a message that is read, in bytes. */
  static final int MOST = 1_048_576;

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int NO_STATUS = 1005;

  private final Line line;
  private final String remark;
  private final ByteArrayOutputStream parts = new ByteArrayOutputStream();

  /** Of the message whose parts are coming; 0 between messages. */
  private int opcode;

  /**
   * @param remark what was strange before the first frame, told beside a frame that is wrong; empty
   *     for nothing
   */
  public Frames(Line line, String remark) {
    this.line = line;
    this.remark = remark;
  }

  /** One message, put together, or one control frame. */
  @SuppressWarnings("ArrayRecordComponent") // Nobody compares frames.
  public record Frame(int opcode, byte[] payload) {

    public String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    /** Of a close; 1005 without one. */
    public int closeCode() {
      return payload.length < 2 ? NO_STATUS : ByteBuffer.wrap(payload).getShort() & 0xFFFF;
    }

    public String closeReason() {
      return payload.length <= 2
          ? ""
          : new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
    }
  }

  /**
   * @throws java.net.SocketTimeoutException at the line's deadline
   * @throws IOException when the connection is cut
   * @throws Fault {@code frame_invalid}, {@code frame_too_large}
   */
  public Frame read() throws IOException, Fault {
    while (true) {
      byte[] head = line.exactly(2);
      int code = head[0] & 0x0F;
      boolean last = head[0] < 0;
      boolean control = code >= CLOSE;
      int length = head[1] & 0x7F;
      String fault =
          (head[0] & 0x70) != 0
              ? "reserved bits are set"
              : head[1] < 0
                  ? "the server masks"
                  : code > PONG || (code > BINARY && !control)
                      ? "opcode " + code
                      : control && (!last || length > 125)
                          ? "a control frame is too long or in parts"
                          : !control && (code == 0) == (opcode == 0)
                              ? "parts of messages are mixed"
                              : "";
      if (!fault.isEmpty()) {
        throw new Fault("frame_invalid", fault).and(remark);
      }
      long size =
          length < 126
              ? length
              : length == 126
                  ? ByteBuffer.wrap(line.exactly(2)).getShort() & 0xFFFF
                  : ByteBuffer.wrap(line.exactly(8)).getLong();
      if (size < 0 || size + parts.size() > MOST) {
        throw new Fault("frame_too_large", "more than " + MOST + " bytes in one message");
      }
      byte[] payload = line.exactly((int) size);
      if (control) {
        return new Frame(code, payload);
      }
      opcode = code == 0 ? opcode : code;
      parts.writeBytes(payload);
      if (last) {
        Frame whole = new Frame(opcode, parts.toByteArray());
        parts.reset();
        opcode = 0;
        return whole;
      }
    }
  }

  public void text(String text) throws IOException {
    line.write(masked(TEXT, text.getBytes(StandardCharsets.UTF_8)));
  }

  public void control(int code, byte[] payload) throws IOException {
    line.write(masked(code, payload));
  }

  public void close(int code) throws IOException {
    line.write(masked(CLOSE, ByteBuffer.allocate(2).putShort((short) code).array()));
  }

  /** A whole frame as a client sends it; at most 65535 bytes. */
  static byte[] masked(int code, byte[] payload) {
    byte[] mask = new byte[4];
    RANDOM.nextBytes(mask);
    ByteBuffer frame = ByteBuffer.allocate(payload.length + 8);
    frame.put((byte) (0x80 | code));
    if (payload.length < 126) {
      frame.put((byte) (0x80 | payload.length));
    } else {
      frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
    }
    frame.put(mask);
    for (int i = 0; i < payload.length; i++) {
      frame.put((byte) (payload[i] ^ mask[i % 4]));
    }
    return Arrays.copyOf(frame.array(), frame.position());
  }
}
