package dev.drawbridge.filters.testing;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Somebody's application: its class file is copied into the foreign web application. */
public final class ForeignServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String path = String.valueOf(request.getPathInfo());
    if (path.equals("/denied")) {
      response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
    } else if (path.equals("/broken")) {
      throw new IllegalStateException("broken on purpose");
    } else {
      response.setContentType("text/plain");
      response.getOutputStream().print("foreign");
    }
  }
}
