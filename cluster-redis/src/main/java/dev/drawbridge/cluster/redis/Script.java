package dev.drawbridge.cluster.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The scripts, as the server knows them. Immutable. */
enum Script {
  OPEN("common", "open"),
  APPEND("common", "append"),
  REGISTER("common", "roster", "register"),
  BEGIN("common", "roster", "begin"),
  BEAT("common", "roster", "beat"),
  ENTER("common", "roster", "enter"),
  CHANGE("common", "roster", "change"),
  MEMBERS("common", "roster", "members");

  private final String text;
  private final String sha;

  Script(String... parts) {
    StringBuilder all = new StringBuilder();
    for (String part : parts) {
      all.append(read(part)).append('\n');
    }
    text = all.toString();
    try {
      sha =
          HexFormat.of()
              .formatHex(
                  MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }

  private static String read(String part) {
    try (InputStream in = Script.class.getResourceAsStream(part + ".lua")) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + part + ".lua");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String text() {
    return text;
  }

  /** What {@code EVALSHA} takes. */
  String sha() {
    return sha;
  }
}
