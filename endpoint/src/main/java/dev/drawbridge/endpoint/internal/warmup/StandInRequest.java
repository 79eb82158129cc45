package dev.drawbridge.endpoint.internal.warmup;

import dev.drawbridge.endpoint.internal.transport.Loopback;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletContext;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A handshake as a browser sends it, for {@code /ws}. Used by one thread. */
final class StandInRequest extends StandIn {
  private static final String PATH = "/ws";

  private final Map<String, Object> attributes = new HashMap<>();
  private final Map<String, String> headers;
  private final ServletContext context;

  /**
   * A handshake.
   *
   * @param headers of {@link #headers}
   * @param received what the container has of it; null where there is none
   */
  StandInRequest(ServletContext context, Map<String, String> headers, @Nullable Object received) {
    this.context = context;
    this.headers = headers;
    if (received != null) {
      attributes.put(Loopback.REQUEST, received);
    }
  }

  /**
   * What a client sends.
   *
   * @param credential the header that has the token, and its value
   */
  static Map<String, String> headers(String origin, Map<String, String> credential) {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.put("Host", "localhost");
    headers.put("Connection", "Upgrade");
    headers.put("Upgrade", "websocket");
    headers.put("Origin", origin);
    headers.put("User-Agent", "drawbridge-warm-up");
    headers.put("Sec-WebSocket-Version", "13");
    headers.put("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    headers.put("Sec-WebSocket-Protocol", "drawbridge.v1");
    headers.putAll(credential);
    return headers;
  }

  @Override
  @Nullable Object answer(String method, @Nullable Object[] arguments) {
    return switch (method) {
      case "getHeader" -> headers.get(String.valueOf(arguments[0]));
      case "getHeaders" -> {
        String value = headers.get(String.valueOf(arguments[0]));
        yield Collections.enumeration(value == null ? List.of() : List.of(value));
      }
      case "getHeaderNames" -> Collections.enumeration(headers.keySet());
      case "getAttribute" -> attributes.get(String.valueOf(arguments[0]));
      case "setAttribute" -> {
        attributes.put(String.valueOf(arguments[0]), arguments[1]);
        yield null;
      }
      case "removeAttribute" -> {
        attributes.remove(String.valueOf(arguments[0]));
        yield null;
      }
      case "getServletContext" -> context;
      case "getMethod" -> "GET";
      case "getRequestURI", "getServletPath" -> PATH;
      case "getContextPath" -> "";
      case "getProtocol" -> "HTTP/1.1";
      case "getScheme" -> "http";
      case "getServerName" -> "localhost";
      case "getRemoteAddr", "getRemoteHost", "getLocalAddr" -> "127.0.0.1";
      case "getDispatcherType" -> DispatcherType.REQUEST;
      case "isAsyncSupported" -> true;
      case "getParameterMap" -> Map.of();
      default -> UNKNOWN;
    };
  }
}
