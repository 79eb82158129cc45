package dev.drawbridge.filters.request;

import jakarta.servlet.ServletRequest;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The short name of one request: the same in its answer, in the log and on the diagnostics page.
 * Not a secret, and never taken from the client.
 */
public final class RequestId {
  /** The response header that carries it. */
  public static final String HEADER = "X-Request-Id";

  private static final String ATTRIBUTE = RequestId.class.getName();
  private static final char[] HEX = "0123456789abcdef".toCharArray();
  private static final int LENGTH = 12;

  private RequestId() {}

  /** The id of a request, made at the first call; 12 hexadecimal digits. */
  public static String of(ServletRequest request) {
    if (request.getAttribute(ATTRIBUTE) instanceof String id) {
      return id;
    }
    String id = next();
    request.setAttribute(ATTRIBUTE, id);
    return id;
  }

  /** A new id that belongs to no request, for example of an error frame. */
  public static String next() {
    long random = ThreadLocalRandom.current().nextLong();
    char[] id = new char[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      id[i] = HEX[(int) (random >>> (4 * i)) & 0xF];
    }
    return new String(id);
  }
}
