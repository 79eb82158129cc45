package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.internal.transport.WireText;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.zip.Deflater;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.OutgoingEntry;

/**
 * The same for texts that go to many: they are compressed once, as no connection keeps a context
 * for what is sent to it, and all windows are the full one. Called by one thread at a time.
 */
final class SharingDeflate extends DeflateExtension {
  /** The end of a flush, which is not sent (RFC 7692 section 7.2.1). */
  private static final int TAIL_BYTES = 4;

  private static final int BUFFER_BYTES = 1024;

  @Override
  public void sendFrame(OutgoingEntry entry) {
    if (entry.getFrame() instanceof TextFrame frame && frame.text().isShared()) {
      nextOutgoingFrame(new OutgoingEntry.Builder(entry).frame(compressed(frame.text())).build());
    } else {
      super.sendFrame(entry);
    }
  }

  private Frame compressed(WireText text) {
    Frame frame =
        new Frame(OpCode.TEXT).setPayload(ByteBuffer.wrap(text.compressed(this::deflate)));
    frame.setRsv1(true);
    return frame;
  }

  private byte[] deflate(byte[] plain) {
    Deflater deflater = getDeflater();
    try {
      deflater.setInput(plain);
      ByteArrayOutputStream all = new ByteArrayOutputStream(plain.length);
      byte[] buffer = new byte[BUFFER_BYTES];
      int made = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
      while (made > 0) {
        all.write(buffer, 0, made);
        made =
            made < buffer.length
                ? 0
                : deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
      }
      byte[] bytes = all.toByteArray();
      return java.util.Arrays.copyOf(bytes, bytes.length - TAIL_BYTES);
    } finally {
      releaseDeflater();
    }
  }
}
