package dev.drawbridge.dropin;

import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

/** An old login: a name in the session, and a logout that ends it. */
public final class JavaxLoginServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) {
    if (request.getParameter("out") == null) {
      request.getSession().setAttribute("user", "alice");
    } else {
      request.getSession().invalidate();
    }
    response.setStatus(HttpServletResponse.SC_NO_CONTENT);
  }
}
