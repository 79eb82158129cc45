package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.Deflater;
import org.eclipse.jetty.util.compression.CompressionPool;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.eclipse.jetty.websocket.core.OutgoingEntry;
import org.jspecify.annotations.Nullable;

/**
 * The same for texts that go to many: they are compressed once, as no connection keeps a context
 * for what is sent to it, and all windows are the full one. Sends are called by one thread at a
 * time, but a close may come from any other meanwhile.
 */
final class SharingDeflate extends DeflateExtension {
  /** The end of a flush, which is not sent (RFC 7692 section 7.2.1). */
  private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

  private static final int BUFFER_BYTES = 1024;

  @Override
  public void sendFrame(OutgoingEntry entry) {
    byte[] compressed =
        entry.getFrame() instanceof TextFrame frame && frame.text().isShared()
            ? frame.text().compressed(this::deflate)
            : null;
    if (compressed == null) {
      super.sendFrame(entry);
      return;
    }
    Frame frame = new Frame(OpCode.TEXT).setPayload(ByteBuffer.wrap(compressed));
    frame.setRsv1(true);
    nextOutgoingFrame(new OutgoingEntry.Builder(entry).frame(frame).build());
  }

  /**
   * By a deflater of its own: that of the connection is given back by whoever closes it, and what
   * is made here goes to all others.
   *
   * @return null if it is not whole, as after the end of the pool
   */
  private byte @Nullable [] deflate(byte[] plain) {
    CompressionPool<Deflater>.Entry own = getDeflaterPool().acquire();
    try {
      Deflater deflater = own.get();
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
      int end = bytes.length - TAIL.length;
      boolean whole =
          end > 0
              && deflater.getBytesRead() == plain.length
              && Arrays.equals(bytes, end, bytes.length, TAIL, 0, TAIL.length);
      return whole ? Arrays.copyOf(bytes, end) : null;
    } finally {
      own.release();
    }
  }
}
