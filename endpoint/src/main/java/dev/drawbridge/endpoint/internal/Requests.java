package dev.drawbridge.endpoint.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.RefusedException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** What the HTTP routes ask of their requests. Stateless. */
public final class Requests {
  /** Where the diagnostics page is, below the endpoint. */
  public static final String DIAGNOSTICS = "/diagnostics";

  private static final int MAX_BODY_BYTES = 4096;

  private Requests() {}

  /**
   * The body of a request.
   *
   * @throws RefusedException with {@code request_invalid} unless it is one JSON object
   */
  public static JsonNode body(HttpServletRequest request) throws IOException {
    byte[] bytes = request.getInputStream().readNBytes(MAX_BODY_BYTES + 1);
    JsonNode body = null;
    if (bytes.length <= MAX_BODY_BYTES) {
      try {
        body = Json.MAPPER.readTree(bytes);
      } catch (JsonProcessingException e) {
        // Answered below, like a body of another shape.
      }
    }
    if (body == null || !body.isObject()) {
      throw new RefusedException(
          RefusalCode.REQUEST_INVALID,
          "the body must be a JSON object of at most " + MAX_BODY_BYTES + " bytes");
    }
    return body;
  }

  /**
   * Lets one method through; {@code GET} stands for {@code HEAD} too.
   *
   * @throws RefusedException with {@code method_not_allowed}
   */
  public static void require(
      HttpServletRequest request, HttpServletResponse response, String method) {
    boolean fits =
        request.getMethod().equals(method)
            || (method.equals("GET") && request.getMethod().equals("HEAD"));
    if (!fits) {
      response.setHeader("Allow", method.equals("GET") ? "GET, HEAD" : method);
      throw new RefusedException(RefusalCode.METHOD_NOT_ALLOWED, "use " + method);
    }
  }

  /** No such route, or not here. */
  public static RefusedException notFound() {
    return new RefusedException(
        RefusalCode.NOT_FOUND,
        "the routes are /config, /health, /diagnose and, where they are on, /metrics, /dev-token,"
            + " /diagnostics"
            + " and /drain");
  }

  /** For who lacks nothing but the key: tells where it stands. */
  public static RefusedException keyRequired(HttpServletRequest request) {
    return new RefusedException(
        RefusalCode.DEV_KEY_REQUIRED,
        "the server's log has the whole link since its start: a line with Diagnostics: and "
            + request.getContextPath()
            + request.getServletPath()
            + DIAGNOSTICS
            + "?key=…; the routes beside it take the same key in their query");
  }
}
