package com.example.workshop;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/** The workshop's login. */
public final class LoginServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setContentType("text/html;charset=utf-8");
    response
        .getWriter()
        .print(
            "<!doctype html><title>Workshop</title><form method=post><input name=login><input"
                + " name=pin type=password><button>Log in</button></form>");
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    DataSource workshop =
        (DataSource) getServletContext().getAttribute(WorkshopListener.DATA_SOURCE);
    try (Connection connection = workshop.getConnection();
        PreparedStatement statement =
            connection.prepareStatement("SELECT 1 FROM clerk WHERE login = ? AND pin = ?")) {
      statement.setString(1, request.getParameter("login"));
      statement.setString(2, request.getParameter("pin"));
      try (ResultSet clerk = statement.executeQuery()) {
        if (!clerk.next()) {
          response.sendError(HttpServletResponse.SC_FORBIDDEN);
          return;
        }
      }
    } catch (SQLException e) {
      throw new ServletException(e);
    }
    request.getSession();
    // The id from before the login may be known to whoever made the link to it.
    request.changeSessionId();
    request.getSession().setAttribute("clerk", request.getParameter("login"));
    response.sendRedirect(request.getContextPath() + "/jobs");
  }
}
