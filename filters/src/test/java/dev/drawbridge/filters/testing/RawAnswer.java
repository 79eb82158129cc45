package dev.drawbridge.filters.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Reads one HTTP answer from a socket; of a 101 the head only. */
public final class RawAnswer {

  private RawAnswer() {}

  public static TestServer.Answer read(InputStream in) throws IOException {
    String head = head(in);
    String[] lines = head.split("\r\n", -1);
    if (lines[0].isEmpty()) {
      return new TestServer.Answer(0, "", Map.of());
    }
    int status = Integer.parseInt(lines[0].split(" ", -1)[1]);
    Map<String, List<String>> headers = new TreeMap<>();
    for (int i = 1; i < lines.length && !lines[i].isEmpty(); i++) {
      int colon = lines[i].indexOf(':');
      headers
          .computeIfAbsent(lines[i].substring(0, colon), name -> new ArrayList<>())
          .add(lines[i].substring(colon + 1).strip());
    }
    if (status == 101) {
      return new TestServer.Answer(status, "", headers);
    }
    byte[] body =
        headers.entrySet().stream()
                .anyMatch(e -> e.getKey().toLowerCase(Locale.ROOT).equals("content-length"))
            ? in.readNBytes(length(headers))
            : in.readAllBytes();
    return new TestServer.Answer(status, new String(body, StandardCharsets.UTF_8), headers);
  }

  private static int length(Map<String, List<String>> headers) {
    return new TestServer.Answer(0, "", headers)
        .header("Content-Length")
        .map(Integer::parseInt)
        .orElseThrow();
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int last = 0;
    for (int b = in.read(); b >= 0; b = in.read()) {
      head.write(b);
      last = (last << 8) | b;
      if (last == 0x0D0A0D0A) {
        break;
      }
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }
}
