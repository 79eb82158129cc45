package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.transport.WireText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.compression.DeflaterPool;
import org.eclipse.jetty.util.compression.InflaterPool;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.ExtensionConfig;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OutgoingEntry;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one connection has compressed for all: whatever becomes of that connection meanwhile. */
class SharingDeflateTest {
  private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

  private final String plain = text(20_000);
  private final WireText text = new WireText(plain);
  private final List<Frame> sent = new ArrayList<>();

  /** Done in the middle of a message. */
  private Runnable meanwhile = () -> {};

  /** A deflater that does not take all of its input. */
  private boolean broken;

  private final WebSocketComponents components =
      new WebSocketComponents(null, null, null, new InflaterPool(16, true), new Watched(), null);
  private final SharingDeflate extension = extension();

  private final class Watched extends DeflaterPool {
    Watched() {
      super(16, Deflater.DEFAULT_COMPRESSION, true);
    }

    @Override
    protected Deflater newPooled() {
      return new Deflater(Deflater.DEFAULT_COMPRESSION, true) {
        @Override
        public void setInput(byte[] input, int from, int length) {
          super.setInput(input, from, broken ? length / 2 : length);
        }

        @Override
        public int deflate(byte[] output, int from, int length, int flush) {
          int made = super.deflate(output, from, length, flush);
          Runnable now = meanwhile;
          meanwhile = () -> {};
          now.run();
          return made;
        }
      };
    }
  }

  @BeforeEach
  void start() throws Exception {
    components.start();
  }

  @AfterEach
  void stop() throws Exception {
    components.stop();
  }

  private SharingDeflate extension() {
    SharingDeflate made = new SharingDeflate();
    made.init(ExtensionConfig.parse("permessage-deflate;server_no_context_takeover"), components);
    made.setNextOutgoingFrames(
        entry -> {
          sent.add(Frame.copy(entry.getFrame()));
          entry.getCallback().succeeded();
        });
    made.setCoreSession(new CoreSession.Empty());
    return made;
  }

  private static String text(int size) {
    Random random = new Random(size);
    StringBuilder text = new StringBuilder(size);
    while (text.length() < size) {
      text.append((char) ('!' + random.nextInt(90)));
    }
    return text.toString();
  }

  private void send(SharingDeflate by) {
    text.toOneMore();
    by.sendFrame(new OutgoingEntry.Builder(new TextFrame(text), Callback.NOOP).build());
  }

  private String read() throws DataFormatException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    Inflater inflater = new Inflater(true);
    byte[] buffer = new byte[4096];
    List<byte[]> parts = new ArrayList<>();
    for (Frame frame : sent) {
      parts.add(BufferUtil.toArray(frame.getPayload()));
    }
    parts.add(TAIL);
    for (byte[] part : parts) {
      inflater.setInput(part);
      for (int read = inflater.inflate(buffer); read > 0; read = inflater.inflate(buffer)) {
        all.write(buffer, 0, read);
      }
    }
    inflater.end();
    sent.clear();
    return all.toString(StandardCharsets.UTF_8);
  }

  @Test
  void connectionThatClosesInTheMiddleSpoilsItForNobody() throws Exception {
    text.toOneMore();
    SharingDeflate other = extension();
    // As after a message of its own: the connection holds a deflater until it closes.
    assertThat(extension.getDeflater()).isNotNull();
    meanwhile = extension::close;

    send(extension);
    String first = read();
    send(other);

    assertThat(first.equals(plain)).isTrue();
    assertThat(read().equals(plain)).isTrue();
  }

  @Test
  void whatIsNotWholeIsNotKeptForTheNext() {
    text.toOneMore();
    broken = true;

    send(extension);

    broken = false;
    byte[] kept = text.compressed(bytes -> new byte[] {1});
    assertThat(kept).containsExactly(1);
    assertThat(sent).isNotEmpty();
  }

  @Test
  void sharedBytesAreThoseOfAMessageOfItsOwn() throws Exception {
    send(extension);
    String alone = read();
    send(extension);

    assertThat(alone.equals(plain)).isTrue();
    assertThat(read().equals(plain)).isTrue();
  }
}
