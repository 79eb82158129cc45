package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Says back what it was sent: {@code GET}, {@code POST} and {@code PUT /api/echo}. Knows nothing of
 * CORS or tokens, like any servlet that an application already has. Thread-safe.
 */
public final class EchoServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Largest body that is said back, in bytes. */
  private static final int MAX_BODY_BYTES = 64 * 1024;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    echo(request, response);
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    echo(request, response);
  }

  @Override
  protected void doPut(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    echo(request, response);
  }

  private static void echo(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    byte[] body = request.getInputStream().readNBytes(MAX_BODY_BYTES + 1);
    if (body.length > MAX_BODY_BYTES) {
      response.sendError(
          HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE,
          "The body must be at most " + MAX_BODY_BYTES + " bytes");
      return;
    }
    Map<String, String> answer = new LinkedHashMap<>();
    answer.put("method", request.getMethod());
    if (request.getQueryString() != null) {
      answer.put("query", request.getQueryString());
    }
    answer.put("body", new String(body, StandardCharsets.UTF_8));
    response.setContentType("application/json");
    response.setCharacterEncoding("UTF-8");
    response.getOutputStream().write(JSON.writeValueAsBytes(answer));
  }
}
