package dev.drawbridge.filters.cors;

import dev.drawbridge.filters.cors.rules.HttpTokens;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Collection;

/** Names of the headers of the Fetch standard, and how {@code Vary} is put together. */
final class CorsHeaders {
  static final String ORIGIN = "Origin";
  static final String VARY = "Vary";
  static final String ALLOW_ORIGIN = "Access-Control-Allow-Origin";
  static final String ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials";
  static final String ALLOW_METHODS = "Access-Control-Allow-Methods";
  static final String ALLOW_HEADERS = "Access-Control-Allow-Headers";
  static final String ALLOW_PRIVATE_NETWORK = "Access-Control-Allow-Private-Network";
  static final String EXPOSE_HEADERS = "Access-Control-Expose-Headers";
  static final String MAX_AGE = "Access-Control-Max-Age";
  static final String REQUEST_METHOD = "Access-Control-Request-Method";
  static final String REQUEST_HEADERS = "Access-Control-Request-Headers";
  static final String REQUEST_PRIVATE_NETWORK = "Access-Control-Request-Private-Network";

  private CorsHeaders() {}

  /** Adds {@code Origin} to {@code Vary} unless it is there; the lines become one. */
  static void varyByOrigin(HttpServletResponse response) {
    if (response.getHeader(VARY) == null) {
      response.setHeader(VARY, ORIGIN);
    } else {
      addItems(response, VARY, ORIGIN);
    }
  }

  /** Adds the items of a list to a header that is a list; none is there twice. */
  static void addItems(HttpServletResponse response, String header, String items) {
    Collection<String> lines = response.getHeaders(header);
    String before = lines.size() == 1 ? lines.iterator().next() : String.join(", ", lines);
    String merged = merged(before, items);
    if (lines.size() != 1 || !merged.equals(before)) {
      response.setHeader(header, merged);
    }
  }

  /** The items of both lists in order, each once; {@code *} stands for all. */
  static String merged(String first, String second) {
    if (HttpTokens.contains(first, "*")) {
      return "*";
    }
    StringBuilder list = new StringBuilder(first);
    HttpTokens.forEachItem(
        second,
        item -> {
          if (!HttpTokens.contains(list.toString(), item)) {
            list.append(list.isEmpty() ? "" : ", ").append(item);
          }
        });
    return list.toString();
  }
}
