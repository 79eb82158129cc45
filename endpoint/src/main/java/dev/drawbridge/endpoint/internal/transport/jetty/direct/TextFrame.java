package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.internal.transport.WireText;
import java.nio.ByteBuffer;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.jspecify.annotations.Nullable;

/** A whole text whose bytes other connections send, too. */
final class TextFrame extends Frame {
  private static final int LONGEST = 8192;
  private static final int SHORT = 125;
  private static final int FIN = 0x80;
  private static final byte TWO_BYTES_FOLLOW = 126;

  private final WireText text;

  TextFrame(WireText text) {
    super(OpCode.TEXT);
    this.text = text;
    setPayload(ByteBuffer.wrap(text.utf8()));
  }

  /**
   * The text as one frame of RFC 6455 section 5.2, as servers send it, without a mask.
   *
   * @param longestPayload that of a frame; not positive for none
   * @return null if it is too long for that, or long enough for its copying to count
   */
  static byte @Nullable [] whole(WireText text, long longestPayload) {
    if (text.text().length() > LONGEST) {
      return null;
    }
    byte[] payload = text.utf8();
    return payload.length > LONGEST || (longestPayload > 0 && payload.length > longestPayload)
        ? null
        : text.framed(TextFrame::whole);
  }

  private static byte[] whole(byte[] payload) {
    boolean isShort = payload.length <= SHORT;
    int header = isShort ? 2 : 4;
    byte[] frame = new byte[header + payload.length];
    frame[0] = (byte) (FIN | OpCode.TEXT);
    if (isShort) {
      frame[1] = (byte) payload.length;
    } else {
      frame[1] = TWO_BYTES_FOLLOW;
      frame[2] = (byte) (payload.length >> Byte.SIZE);
      frame[3] = (byte) payload.length;
    }
    System.arraycopy(payload, 0, frame, header, payload.length);
    return frame;
  }

  WireText text() {
    return text;
  }
}
