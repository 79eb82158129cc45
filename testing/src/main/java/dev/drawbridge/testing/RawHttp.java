package dev.drawbridge.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Requests written to a socket byte by byte: what no client library would send. */
public final class RawHttp {
  private static final int TIMEOUT_MILLIS = 15_000;

  private RawHttp() {}

  /** One answer. */
  public record Answer(int status, List<String> lines, String body) {

    /** The lines of the head, each with its end. */
    public String head() {
      return String.join("\r\n", lines) + "\r\n";
    }

    /** The values of all lines of a header. */
    public List<String> all(String name) {
      List<String> values = new ArrayList<>();
      for (String line : lines) {
        if (line.regionMatches(true, 0, name + ":", 0, name.length() + 1)) {
          values.add(line.substring(name.length() + 1).strip());
        }
      }
      return values;
    }

    /** The one value of a header; empty without it. */
    public Optional<String> header(String name) {
      List<String> values = all(name);
      if (values.size() > 1) {
        throw new AssertionError(name + " is there " + values.size() + " times: " + values);
      }
      return values.stream().findFirst();
    }

    /** The names of all CORS headers. */
    public List<String> corsHeaders() {
      return lines.stream()
          .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("access-control-"))
          .toList();
    }
  }

  /** A request for a path with more header lines, for {@code 127.0.0.1}. */
  public static Answer send(int port, String methodAndPath, String... headers) throws IOException {
    StringBuilder text = new StringBuilder(methodAndPath + " HTTP/1.1\r\n");
    boolean host = false;
    for (String header : headers) {
      text.append(header).append("\r\n");
      host |= header.startsWith("Host:");
    }
    return sendText(port, text + (host ? "" : "Host: 127.0.0.1:" + port + "\r\n") + "\r\n");
  }

  /** The headers of a good handshake, then more. */
  public static Answer handshake(int port, String... headers) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "Connection: keep-alive, Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
    all.addAll(List.of(headers));
    return send(port, "GET /ws/echo", all.toArray(new String[0]));
  }

  /** A text as it is, in Latin-1; reads one answer. */
  public static Answer sendText(int port, String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return read(socket.getInputStream(), request.startsWith("HEAD "));
    }
  }

  private static Answer read(InputStream in, boolean head) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("closed after: " + text);
      }
      text.append((char) b);
    }
    List<String> lines = List.of(text.toString().strip().split("\r\n", -1));
    int status = Integer.parseInt(lines.get(0).split(" ", 3)[1]);
    Answer answer = new Answer(status, lines, "");
    int length = answer.header("Content-Length").map(Integer::parseInt).orElse(0);
    if (head || length == 0) {
      return answer;
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.write(in.readNBytes(length));
    return new Answer(status, lines, body.toString(StandardCharsets.UTF_8));
  }
}
