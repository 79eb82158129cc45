package dev.drawbridge.endpoint.internal.transport;

import dev.drawbridge.endpoint.HandshakeFacts;
import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.filters.jwt.authentication.Credentials;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.request.RequestPath;
import dev.drawbridge.filters.request.UpgradeRequest;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.Base64;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A handshake as the container is shown it: checked here, and written as plainly as it can be.
 * Jetty reads lists as single values, and fails on headers, cookies, languages and queries that are
 * none of its business. RFC 6455 section 4.2.1; RFC 8441 section 5 for HTTP/2. Used by one thread.
 */
public final class HandshakeRequest extends HttpServletRequestWrapper {
  private static final String VERSION_HEADER = "Sec-WebSocket-Version";
  private static final String KEY_HEADER = "Sec-WebSocket-Key";
  private static final String PROTOCOL_HEADER = "Sec-WebSocket-Protocol";
  private static final String EXTENSIONS_HEADER = "Sec-WebSocket-Extensions";

  /** The only version of the handshake that is spoken. */
  public static final String VERSION = "13";

  private static final int KEY_BYTES = 16;
  private static final Pattern REPLACES = Pattern.compile("(?:^|&)replaces=([0-9a-f]{24})(?:&|$)");
  private static final int KEY_CHARACTERS = 24;

  /** Null over HTTP/2, which needs none. */
  private final @Nullable String key;

  private final boolean speaksOurs;
  private final boolean takesDeflate;

  /** What the container sees of the headers; null until it is asked for. */
  private @Nullable Map<String, String> headers;

  private HandshakeRequest(
      HttpServletRequest request, @Nullable String key, boolean speaksOurs, boolean takesDeflate) {
    super(request);
    this.key = key;
    this.speaksOurs = speaksOurs;
    this.takesDeflate = takesDeflate;
  }

  /**
   * What the connection remembers of a request; the credential of the query is not among it.
   *
   * @param keptHeaders whose lines are wanted
   */
  public static HandshakeFacts facts(HttpServletRequest request, List<String> keptHeaders) {
    String query = Credentials.withoutToken(request.getQueryString());
    if (keptHeaders.isEmpty()) {
      return HandshakeFacts.of(query, Map.of());
    }
    Map<String, List<String>> kept = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String name : keptHeaders) {
      kept.put(name, lines(request, name));
    }
    return HandshakeFacts.of(query, kept);
  }

  /**
   * The connection in whose place the client wants the new one, as the query says.
   *
   * @return what looks like the id of a connection, or null
   */
  public static @Nullable String replaces(HttpServletRequest request) {
    // Not getParameter: it fails where another part of the query is broken.
    String query = request.getQueryString();
    Matcher named = query == null ? null : REPLACES.matcher(query);
    return named != null && named.find() ? named.group(1) : null;
  }

  /**
   * Checks a request that asks for a WebSocket.
   *
   * @param compression whether permessage-deflate is wanted
   * @return null if it is no handshake of version 13
   * @throws RefusedException with {@code handshake_invalid} or {@code subprotocol_unsupported}
   */
  public static @Nullable HandshakeRequest of(HttpServletRequest request, boolean compression) {
    boolean connect = UpgradeRequest.isConnect(request);
    List<String> versions = lines(request, VERSION_HEADER);
    List<String> keys = lines(request, KEY_HEADER);
    if (versions.size() > 1 || keys.size() > 1) {
      throw invalid("send " + (keys.size() > 1 ? KEY_HEADER : VERSION_HEADER) + " once");
    }
    if (versions.isEmpty()
        || !versions.get(0).strip().equals(VERSION)
        || !(connect || isUpgrade(request, keys))) {
      return null;
    }
    boolean ours = speaksOurs(request);
    Boolean deflate = Offers.offersDeflate(lines(request, EXTENSIONS_HEADER));
    if (deflate == null) {
      throw invalid(EXTENSIONS_HEADER + " is against the grammar of RFC 6455 section 9.1");
    }
    return new HandshakeRequest(
        request, connect ? null : keys.get(0).strip(), ours, deflate && compression);
  }

  private static boolean isUpgrade(HttpServletRequest request, List<String> keys) {
    return request.getMethod().equals("GET")
        && UpgradeRequest.lists(request.getHeaders("Connection"), "Upgrade")
        && keys.size() == 1
        && isKey(keys.get(0).strip());
  }

  /** 24 characters with the padding, without which some decoders take it and others do not. */
  private static boolean isKey(String key) {
    try {
      return key.length() == KEY_CHARACTERS && Base64.getDecoder().decode(key).length == KEY_BYTES;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** False for a client that offers no subprotocol at all, and speaks ours nevertheless. */
  private static boolean speaksOurs(HttpServletRequest request) {
    List<String> offered = Credentials.subprotocols(request.getHeaders(PROTOCOL_HEADER));
    for (String each : offered) {
      if (!Offers.isToken(each)) {
        throw invalid(PROTOCOL_HEADER + " must be a list of tokens (RFC 6455 section 4.1)");
      }
    }
    if (!offered.isEmpty() && !offered.contains(Protocol.NAME)) {
      throw new RefusedException(
          Refusal.of(
                  RefusalCode.SUBPROTOCOL_UNSUPPORTED,
                  "this endpoint speaks " + Protocol.NAME + " alone, in exactly these letters")
              .with("supported", List.of(Protocol.NAME)));
    }
    return !offered.isEmpty();
  }

  private static List<String> lines(HttpServletRequest request, String name) {
    Enumeration<String> lines = request.getHeaders(name);
    return lines == null ? List.of() : Collections.list(lines);
  }

  private static RefusedException invalid(String hint) {
    return new RefusedException(RefusalCode.HANDSHAKE_INVALID, hint);
  }

  /** True if compression is wanted here and can be taken as the client offers it. */
  public boolean takesDeflate() {
    return takesDeflate;
  }

  /** True if the client offers our subprotocol. */
  public boolean speaksOurs() {
    return speaksOurs;
  }

  /** The key of the handshake; null over HTTP/2. */
  public @Nullable String key() {
    return key;
  }

  /** The headers by their names. */
  public Map<String, String> headers() {
    if (headers == null) {
      headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      headers.put(VERSION_HEADER, VERSION);
      if (key != null) {
        headers.put("Upgrade", "websocket");
        headers.put("Connection", "Upgrade");
        headers.put(KEY_HEADER, key);
      }
      if (speaksOurs) {
        headers.put(PROTOCOL_HEADER, Protocol.NAME);
      }
      if (takesDeflate) {
        headers.put(EXTENSIONS_HEADER, Offers.DEFLATE);
      }
    }
    return headers;
  }

  @Override
  public @Nullable String getHeader(String name) {
    return headers().get(name);
  }

  @Override
  public Enumeration<String> getHeaders(String name) {
    String value = headers().get(name);
    return value == null ? Collections.emptyEnumeration() : Collections.enumeration(List.of(value));
  }

  @Override
  public Enumeration<String> getHeaderNames() {
    return Collections.enumeration(headers().keySet());
  }

  @Override
  public int getIntHeader(String name) {
    String value = headers().get(name);
    return value == null ? -1 : Integer.parseInt(value);
  }

  @Override
  public long getDateHeader(String name) {
    return -1;
  }

  @Override
  public Cookie @Nullable [] getCookies() {
    return null;
  }

  @Override
  public String getRequestURI() {
    return RequestPath.of((HttpServletRequest) getRequest());
  }

  @Override
  public @Nullable String getQueryString() {
    return null;
  }

  @Override
  public @Nullable String getParameter(String name) {
    return null;
  }

  @Override
  public Map<String, String[]> getParameterMap() {
    return Map.of();
  }

  @Override
  public Enumeration<String> getParameterNames() {
    return Collections.emptyEnumeration();
  }

  @Override
  public String @Nullable [] getParameterValues(String name) {
    return null;
  }

  @Override
  public Locale getLocale() {
    return Locale.ROOT;
  }

  @Override
  public Enumeration<Locale> getLocales() {
    return Collections.enumeration(List.of(Locale.ROOT));
  }
}
