package dev.drawbridge.filters.cors;

import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.request.UpgradeRequest;
import dev.drawbridge.filters.settings.DevMode;
import jakarta.servlet.http.HttpServletMapping;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import jakarta.servlet.http.MappingMatch;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a CONNECT for a path where nothing is: 404, and not the 501 with which servlets for
 * files answer each method that they do not know. Not thread-safe, as any response.
 */
final class ConnectResponse extends HttpServletResponseWrapper {
  private final HttpServletRequest request;
  private final DevMode mode;

  ConnectResponse(HttpServletRequest request, HttpServletResponse response, DevMode mode) {
    super(response);
    this.request = request;
    this.mode = mode;
  }

  /** True if only the servlet that takes everything would serve a CONNECT. */
  static boolean isFor(HttpServletRequest request) {
    if (!UpgradeRequest.isConnect(request)) {
      return false;
    }
    HttpServletMapping mapping = request.getHttpServletMapping();
    return mapping == null
        || mapping.getMappingMatch() == null
        || mapping.getMappingMatch() == MappingMatch.DEFAULT;
  }

  @Override
  public void sendError(int status) throws IOException {
    if (!sendNotFound(status)) {
      super.sendError(status);
    }
  }

  @Override
  public void sendError(int status, @Nullable String message) throws IOException {
    if (!sendNotFound(status)) {
      super.sendError(status, message);
    }
  }

  private boolean sendNotFound(int status) throws IOException {
    if (status != SC_NOT_IMPLEMENTED && status != SC_METHOD_NOT_ALLOWED) {
      return false;
    }
    Refusal.of(RefusalCode.NOT_FOUND, "no servlet is mapped to this path; a WebSocket is at /ws")
        .send(request, (HttpServletResponse) getResponse(), mode);
    return true;
  }
}
