package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.internal.transport.WireText;
import java.nio.ByteBuffer;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;

/** A whole text whose bytes other connections send, too. */
final class TextFrame extends Frame {
  private final WireText text;

  TextFrame(WireText text) {
    super(OpCode.TEXT);
    this.text = text;
    setPayload(ByteBuffer.wrap(text.utf8()));
  }

  WireText text() {
    return text;
  }
}
