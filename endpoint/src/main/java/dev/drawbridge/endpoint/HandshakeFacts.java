package dev.drawbridge.endpoint;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the request of a handshake carried beside the credential: its query, and the headers that
 * {@link Endpoint.Builder#keepHeaders} names. Written by the client, so never trusted. Immutable.
 */
public final class HandshakeFacts {
  private static final String ACCEPT_LANGUAGE = "Accept-Language";

  /** Nothing at all: what most connections have. */
  private static final HandshakeFacts NONE = new HandshakeFacts("", Map.of());

  private final String query;

  /** By name in any case; a kept header that the request did not have is an empty list. */
  private final Map<String, List<String>> headers;

  private HandshakeFacts(String query, Map<String, List<String>> headers) {
    this.query = query;
    this.headers = headers;
  }

  /**
   * For tests of handlers; the endpoint makes its own.
   *
   * @param query as in the request line, percent-encoded, without the question mark; null for none
   * @param headers the lines of each header that is kept
   */
  public static HandshakeFacts of(@Nullable String query, Map<String, List<String>> headers) {
    String some = query == null ? "" : query;
    if (some.isEmpty() && headers.isEmpty()) {
      return NONE;
    }
    Map<String, List<String>> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.forEach((name, lines) -> copy.put(name, List.copyOf(lines)));
    return new HandshakeFacts(some, copy);
  }

  /**
   * The first value of a query parameter, decoded; empty text for a name without a value. A broken
   * percent sign stays as it is.
   */
  public Optional<String> query(String name) {
    return queryAll(name).stream().findFirst();
  }

  /** All values of a query parameter, in their order; empty when it is not there. */
  public List<String> queryAll(String name) {
    List<String> values = new ArrayList<>();
    for (String pair : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      String found = decoded(equals < 0 ? pair : pair.substring(0, equals));
      if (!pair.isEmpty() && found.equals(name)) {
        values.add(equals < 0 ? "" : decoded(pair.substring(equals + 1)));
      }
    }
    return List.copyOf(values);
  }

  /**
   * The first line of a header.
   *
   * @param name in any case
   * @throws IllegalArgumentException if it is not among those that the endpoint keeps
   */
  public Optional<String> header(String name) {
    return headers(name).stream().findFirst();
  }

  /** All lines of a header, in their order; otherwise as {@link #header}. */
  public List<String> headers(String name) {
    List<String> lines = headers.get(name);
    if (lines == null) {
      throw new IllegalArgumentException(
          "header is not kept, name it in endpoint.keepHeaders(…): " + name);
    }
    return lines;
  }

  /**
   * The language that the client likes best, by {@code Accept-Language} (RFC 9110 section 12.5.4);
   * empty when it names none, or breaks the grammar.
   *
   * @throws IllegalArgumentException if the endpoint does not keep {@code Accept-Language}
   */
  public Optional<Locale> locale() {
    try {
      return Locale.LanguageRange.parse(String.join(",", headers(ACCEPT_LANGUAGE))).stream()
          .filter(range -> range.getWeight() > 0 && !range.getRange().startsWith("*"))
          .map(range -> Locale.forLanguageTag(range.getRange()))
          .filter(locale -> !locale.getLanguage().isEmpty())
          .findFirst();
    } catch (IllegalArgumentException e) {
      headers(ACCEPT_LANGUAGE);
      return Optional.empty();
    }
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /** Without what the client wrote. */
  @Override
  public String toString() {
    return "HandshakeFacts[headers=" + headers.keySet() + "]";
  }
}
