package dev.drawbridge.doctor.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jetty.http.HostPortHttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpScheme;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.hpack.HpackDecoder;
import org.eclipse.jetty.http2.hpack.HpackEncoder;
import org.eclipse.jetty.http2.hpack.HpackException;
import org.jspecify.annotations.Nullable;

/**
 * Asks for a WebSocket by extended CONNECT over HTTP/2, RFC 8441, on a line that has agreed on
 * {@code h2}. Frames by hand, so that all is bounded; header compression is Jetty's.
 */
public final class Http2 {
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int CONTINUATION = 9;
  private static final int ACK = 1;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int PRIORITY = 0x20;
  private static final int ENABLE_CONNECT_PROTOCOL = 8;
  private static final int CANCEL = 8;

  /** Nobody may send larger frames to whom has not allowed it. */
  private static final int MOST_FRAME = 16_384;

  private static final int MOST_FRAMES = 200;

  private final Line line;
  private final HpackDecoder decoder = new HpackDecoder(Http1.MOST_HEAD, System::nanoTime);
  private int frames;

  public Http2(Line line) {
    this.line = line;
  }

  @SuppressWarnings("ArrayRecordComponent") // Nobody compares frames.
  private record Frame(int type, int flags, int stream, byte[] payload) {
    boolean has(int flag) {
      return (flags & flag) != 0;
    }

    /** Without padding and priority. */
    byte[] content() {
      int from = (has(PADDED) ? 1 : 0) + (type == HEADERS && has(PRIORITY) ? 5 : 0);
      int to = payload.length - (has(PADDED) && payload.length > 0 ? payload[0] & 0xFF : 0);
      return from >= to ? new byte[0] : Arrays.copyOfRange(payload, from, to);
    }
  }

  /**
   * @param target path and query
   * @param headers names in lower case and values in turn; a null value leaves its header out
   * @return null where the server does not announce that it takes extended CONNECT
   * @throws Fault {@code http2_refused}, or a code of {@link Http1}
   */
  public @Nullable Answer connect(Address address, String target, @Nullable String... headers)
      throws Fault {
    try {
      line.write(PREFACE);
      write(SETTINGS, 0, 0, new byte[] {0, 2, 0, 0, 0, 0});
      Frame first = next();
      if (first.type() != SETTINGS) {
        throw new Fault("http2_refused", "its first frame is no SETTINGS");
      }
      write(SETTINGS, ACK, 0, new byte[0]);
      if (!announces(first.payload())) {
        write(GOAWAY, 0, 0, new byte[8]);
        return null;
      }
      head(request(address, target, headers));
      Answer answer = answer();
      if (answer.status() == 200) {
        write(DATA, END_STREAM, 1, Frames.masked(Frames.CLOSE, new byte[] {3, (byte) 0xE8}));
      }
      write(RST_STREAM, 0, 1, new byte[] {0, 0, 0, CANCEL});
      write(GOAWAY, 0, 0, new byte[8]);
      return answer;
    } catch (SocketTimeoutException e) {
      throw new Fault("http_timeout", "no answer to the extended CONNECT");
    } catch (IOException e) {
      throw new Fault("http_cut", "closed when HTTP/2 was spoken");
    } catch (HpackException e) {
      throw new Fault("http2_refused", "its headers cannot be read");
    }
  }

  private void head(byte[] block) throws IOException {
    for (int from = 0; from < block.length; from += MOST_FRAME) {
      int to = Math.min(block.length, from + MOST_FRAME);
      int flags = to == block.length ? END_HEADERS : 0;
      write(from == 0 ? HEADERS : CONTINUATION, flags, 1, Arrays.copyOfRange(block, from, to));
    }
  }

  private static boolean announces(byte[] settings) {
    ByteBuffer all = ByteBuffer.wrap(settings);
    while (all.remaining() >= 6) {
      int id = all.getShort();
      int value = all.getInt();
      if (id == ENABLE_CONNECT_PROTOCOL && value == 1) {
        return true;
      }
    }
    return false;
  }

  private static byte[] request(Address address, String target, @Nullable String... headers)
      throws HpackException {
    HttpFields.Mutable fields = HttpFields.build();
    for (int i = 0; i < headers.length; i += 2) {
      if (headers[i + 1] != null) {
        fields.add(headers[i], headers[i + 1]);
      }
    }
    ByteBuffer block = ByteBuffer.allocate(2 * Http1.MOST_BODY);
    new HpackEncoder()
        .encode(
            block,
            new MetaData.ConnectRequest(
                HttpScheme.HTTPS,
                new HostPortHttpField(address.authority()),
                target,
                fields,
                "websocket"));
    byte[] bytes = new byte[block.flip().remaining()];
    block.get(bytes);
    return bytes;
  }

  private Answer answer() throws IOException, HpackException, Fault {
    Answer head = null;
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      Frame frame = next();
      boolean over = frame.type() == GOAWAY || (frame.type() == RST_STREAM && frame.stream() == 1);
      if (over && head == null) {
        throw new Fault("http2_refused", "it ends the stream without an answer");
      }
      if (frame.stream() == 1 && frame.type() == HEADERS) {
        Answer next = head(frame);
        head = next.status() / 100 == 1 ? null : next;
      } else if (frame.stream() == 1 && frame.type() == DATA) {
        body.writeBytes(frame.content());
      }
      over |= frame.has(END_STREAM) && frame.stream() == 1 && frame.type() <= HEADERS;
      if (head != null && (head.status() == 200 || over || body.size() > MOST_FRAME)) {
        return new Answer("HTTP/2", head.status(), head.headers(), body.toByteArray());
      }
    }
  }

  private Answer head(Frame first) throws IOException, HpackException, Fault {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.writeBytes(first.content());
    for (Frame next = first; !next.has(END_HEADERS); ) {
      next = next();
      if (next.type() != CONTINUATION || block.size() > Http1.MOST_HEAD) {
        throw new Fault("http_too_large", "the head of its answer has no end");
      }
      block.writeBytes(next.payload());
    }
    Map<String, List<String>> headers = new LinkedHashMap<>();
    MetaData decoded;
    try {
      decoded = decoder.decode(ByteBuffer.wrap(block.toByteArray()));
    } catch (HpackException.SessionException e) {
      throw new Fault("http_too_large", "the head of its answer is too large or cannot be read");
    }
    decoded
        .getHttpFields()
        .forEach(
            field ->
                headers
                    .computeIfAbsent(
                        field.getName().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                    .add(String.valueOf(field.getValue())));
    int status = decoded instanceof MetaData.Response response ? response.getStatus() : 0;
    return new Answer("HTTP/2", status, headers, new byte[0]);
  }

  /** The next frame that is not of the connection's own housekeeping. */
  private Frame next() throws IOException, Fault {
    while (true) {
      ByteBuffer head = ByteBuffer.wrap(line.exactly(9));
      int length = (head.get() & 0xFF) << 16 | (head.getShort() & 0xFFFF);
      if (length > MOST_FRAME || ++frames > MOST_FRAMES) {
        throw new Fault("http2_refused", "it sends frames that are too large or too many");
      }
      int type = head.get() & 0xFF;
      int flags = head.get() & 0xFF;
      int stream = head.getInt() & Integer.MAX_VALUE;
      Frame frame = new Frame(type, flags, stream, line.exactly(length));
      if (type == PING && !frame.has(ACK)) {
        write(PING, ACK, 0, frame.payload());
      } else if (type == SETTINGS && !frame.has(ACK) && frames > 1) {
        write(SETTINGS, ACK, 0, new byte[0]);
      } else if (type != SETTINGS || !frame.has(ACK)) {
        return frame;
      }
    }
  }

  private void write(int type, int flags, int stream, byte[] payload) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
    line.write(frame.array());
  }
}
