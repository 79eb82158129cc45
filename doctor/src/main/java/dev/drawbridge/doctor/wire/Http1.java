package dev.drawbridge.doctor.wire;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer over HTTP/1.1, by hand, so that whatever comes back can be named; RFC
 * 9112. Bounded in bytes here and in time by the line.
 */
public final class Http1 {
  /** Of an answer's head, in bytes. */
  static final int MOST_HEAD = 32_768;

  /** Of an answer's body that are read, in bytes. */
  static final int MOST_BODY = 262_144;

  /** Interim answers in front of the one that counts. */
  private static final int MOST_INTERIM = 5;

  private static final String START = "HTTP/";

  /** The first byte of an alert of TLS, RFC 8446 section 5.1. */
  private static final int ALERT = 0x15;

  private static final Pattern STATUS = Pattern.compile("(HTTP/\\d\\.\\d) (\\d{3})(?: .*)?");

  private Http1() {}

  /**
   * @throws Fault {@code http_timeout}, {@code http_cut}, {@code http_none}, {@code
   *     http_too_large}, {@code tls_expected}, {@code tls_client_certificate}
   */
  public static Answer exchange(Line line, String request) throws Fault {
    int[] read = {0};
    try {
      line.write(request);
      Answer answer = head(line, read);
      for (int i = 0; answer.status() / 100 == 1 && answer.status() != 101; i++) {
        if (i == MOST_INTERIM) {
          throw new Fault("http_too_large", "more than " + MOST_INTERIM + " interim answers");
        }
        answer = head(line, read);
      }
      return body(line, answer);
    } catch (SocketTimeoutException e) {
      throw new Fault(
          "http_timeout",
          read[0] == 0 ? "no byte of an answer came" : "the answer has not come to its end");
    } catch (IOException e) {
      Fault refusal = Connector.clientCertificate(e);
      if (refusal != null) {
        throw refusal;
      }
      throw new Fault(
          "http_cut",
          read[0] == 0 ? "closed without an answer" : "closed in the middle of the answer");
    }
  }

  private static Answer head(Line line, int[] read) throws IOException, Fault {
    String first = first(line, read);
    Matcher status = STATUS.matcher(first);
    if (!status.matches()) {
      throw new Fault("http_none", "it begins with \"" + Text.clean(first) + "\"");
    }
    Map<String, List<String>> headers = new LinkedHashMap<>();
    while (true) {
      String next = line(line, read);
      if (next.isEmpty()) {
        return new Answer(status.group(1), Integer.parseInt(status.group(2)), headers, new byte[0]);
      }
      int colon = next.indexOf(':');
      if (colon > 0) {
        headers
            .computeIfAbsent(
                next.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                name -> new ArrayList<>())
            .add(next.substring(colon + 1).strip());
      }
    }
  }

  /** The status line: what begins otherwise is named at once, before it has a chance to go on. */
  private static String first(Line line, int[] read) throws IOException, Fault {
    for (int i = 0; i < START.length(); i++) {
      int next = line.next();
      if (next < 0 && i == 0) {
        throw new EOFException();
      }
      read[0]++;
      if (next == ALERT && i == 0) {
        throw new Fault("tls_expected", "it answers with an alert of TLS");
      }
      if (next != START.charAt(i)) {
        String begin = START.substring(0, i) + (next < 0 ? "" : (char) next) + line.buffered();
        throw new Fault("http_none", "it answers \"" + Text.clean(begin) + "\"");
      }
    }
    return START + line(line, read);
  }

  private static String line(Line line, int[] read) throws IOException, Fault {
    StringBuilder text = new StringBuilder();
    for (int next = line.next(); next != '\n'; next = line.next()) {
      if (next < 0) {
        throw new EOFException();
      }
      if (++read[0] > MOST_HEAD) {
        throw new Fault("http_too_large", "its head has more than " + MOST_HEAD + " bytes");
      }
      text.append((char) next);
    }
    read[0]++;
    return text.toString().replaceAll("\r$", "");
  }

  private static Answer body(Line line, Answer head) throws IOException {
    int status = head.status();
    if (status == 101 || status == 204 || status == 304) {
      return head;
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String coding = head.header("transfer-encoding");
    String length = head.header("content-length");
    if (coding != null && coding.toLowerCase(Locale.ROOT).contains("chunked")) {
      chunks(line, body);
    } else if (length != null && length.matches("\\d{1,15}")) {
      copy(line, body, Long.parseLong(length), true);
    } else {
      copy(line, body, Long.MAX_VALUE, false);
    }
    return new Answer(head.version(), status, head.headers(), decoded(head, body.toByteArray()));
  }

  private static void chunks(Line line, ByteArrayOutputStream body) throws IOException {
    while (body.size() < MOST_BODY) {
      StringBuilder size = new StringBuilder();
      for (int next = line.next(); next != '\n'; next = line.next()) {
        if (next < 0 || size.length() > 64) {
          throw new EOFException();
        }
        size.append((char) next);
      }
      String hex = size.toString().replaceAll(";.*", "").strip();
      if (!hex.matches("[0-9A-Fa-f]{1,12}")) {
        throw new EOFException();
      }
      long count = Long.parseLong(hex, 16);
      if (count == 0) {
        return;
      }
      copy(line, body, count, true);
      if (body.size() < MOST_BODY) {
        line.exactly(2);
      }
    }
  }

  private static void copy(Line line, ByteArrayOutputStream body, long count, boolean whole)
      throws IOException {
    for (long left = count; left > 0 && body.size() < MOST_BODY; left--) {
      int next = line.next();
      if (next < 0) {
        if (whole) {
          throw new EOFException();
        }
        return;
      }
      body.write(next);
    }
  }

  /** Some proxies compress though nobody has asked. */
  private static byte[] decoded(Answer head, byte[] body) {
    @Nullable String coding = head.header("content-encoding");
    if (coding == null || !coding.toLowerCase(Locale.ROOT).contains("gzip")) {
      return body;
    }
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
      return in.readNBytes(MOST_BODY);
    } catch (IOException e) {
      return body;
    }
  }

  /**
   * A request without a body.
   *
   * @param target path and query
   * @param headers names and values in turn; a null value leaves its header out
   */
  public static String request(
      String method, String target, Address address, @Nullable String... headers) {
    StringBuilder text =
        new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: " + address.authority());
    text.append("\r\nUser-Agent: drawbridge-doctor\r\nAccept-Encoding: identity\r\n");
    for (int i = 0; i < headers.length; i += 2) {
      if (headers[i + 1] != null) {
        text.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
      }
    }
    return text.append("\r\n").toString();
  }

  /**
   * The request of a WebSocket's handshake, RFC 6455 section 4.1.
   *
   * @param target path and query
   * @param key sixteen bytes in Base64
   * @param headers further names and values in turn; a null value leaves its header out
   */
  public static String upgrade(
      String target, Address address, String key, @Nullable String... headers) {
    List<@Nullable String> all =
        new ArrayList<>(
            List.of(
                "Connection",
                "Upgrade",
                "Upgrade",
                "websocket",
                "Sec-WebSocket-Version",
                "13",
                "Sec-WebSocket-Key",
                key));
    all.addAll(Arrays.asList(headers));
    return request("GET", target, address, all.toArray(String[]::new));
  }

  /** For the bytes of a text that stands in a header. */
  public static boolean fitsHeader(String value) {
    return StandardCharsets.US_ASCII.newEncoder().canEncode(value)
        && value.chars().allMatch(each -> each > 0x20 && each < 0x7F);
  }
}
