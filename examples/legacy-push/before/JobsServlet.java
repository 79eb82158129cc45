package com.example.workshop;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Shows the jobs to clerks, and lets them change a state. */
public final class JobsServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    if (clerk(request) == null) {
      response.sendRedirect(request.getContextPath() + "/login");
      return;
    }
    StringBuilder rows = new StringBuilder();
    try (Connection connection = workshop().getConnection();
        PreparedStatement statement =
            connection.prepareStatement("SELECT id, what, state FROM job ORDER BY id");
        ResultSet jobs = statement.executeQuery()) {
      while (jobs.next()) {
        rows.append("<tr><td>")
            .append(jobs.getInt("id"))
            .append("<td>")
            .append(escaped(jobs.getString("what")))
            .append("<td id=\"job-")
            .append(jobs.getInt("id"))
            .append("\">")
            .append(escaped(jobs.getString("state")));
      }
    } catch (SQLException e) {
      throw new ServletException(e);
    }
    response.setContentType("text/html;charset=utf-8");
    try (InputStream page = getServletContext().getResourceAsStream("/WEB-INF/jobs.html")) {
      response
          .getWriter()
          .print(
              new String(Objects.requireNonNull(page).readAllBytes(), StandardCharsets.UTF_8)
                  .replace("<!-- rows -->", rows));
    }
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws IOException, ServletException {
    String clerk = clerk(request);
    if (clerk == null) {
      response.sendError(HttpServletResponse.SC_FORBIDDEN);
      return;
    }
    String number = request.getParameter("id");
    String state = request.getParameter("state");
    if (number == null || !number.matches("[0-9]{1,9}") || state == null || state.isBlank()) {
      response.sendError(HttpServletResponse.SC_BAD_REQUEST);
      return;
    }
    int id = Integer.parseInt(number);
    try (Connection connection = workshop().getConnection()) {
      connection.setAutoCommit(false);
      try (PreparedStatement job =
              connection.prepareStatement("UPDATE job SET state = ? WHERE id = ?");
          PreparedStatement history =
              connection.prepareStatement("INSERT INTO job_history VALUES (?, ?, ?)")) {
        job.setString(1, state);
        job.setInt(2, id);
        job.executeUpdate();
        history.setInt(1, id);
        history.setString(2, state);
        history.setString(3, clerk);
        history.executeUpdate();
        connection.commit();
      } catch (SQLException | RuntimeException e) {
        // The pool would hand the connection on with half of it.
        connection.rollback();
        throw e;
      }
    } catch (SQLException e) {
      throw new ServletException(e);
    }
    response.sendRedirect(request.getContextPath() + "/jobs");
  }

  private DataSource workshop() {
    return (DataSource) getServletContext().getAttribute(WorkshopListener.DATA_SOURCE);
  }

  private static @Nullable String clerk(HttpServletRequest request) {
    HttpSession session = request.getSession(false);
    return session == null ? null : (String) session.getAttribute("clerk");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }
}
