package com.example.workshop;

import dev.drawbridge.endpoint.Drawbridge;
import dev.drawbridge.filters.session.SessionTokenServlet;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;

/** Opens the workshop's database and creates its tables. */
public final class WorkshopListener implements ServletContextListener {
  static final String DATA_SOURCE = "workshop.dataSource";

  @Override
  public void contextInitialized(ServletContextEvent event) {
    ServletContext context = event.getServletContext();
    DataSource workshop =
        JdbcConnectionPool.create("jdbc:h2:mem:workshop;DB_CLOSE_DELAY=-1", "", "");
    try (Connection connection = workshop.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE clerk (login VARCHAR(40) PRIMARY KEY, pin VARCHAR(8))");
      statement.execute("INSERT INTO clerk VALUES ('alice', '1234'), ('bob', '5678')");
      statement.execute(
          "CREATE TABLE job (id INT PRIMARY KEY, what VARCHAR(80), state VARCHAR(20))");
      statement.execute(
          "INSERT INTO job VALUES (1, 'Bicycle, new chain', 'waiting'),"
              + " (2, 'Radio, no sound', 'in work'), (3, 'Lamp, new plug', 'done')");
      statement.execute("CREATE TABLE job_history (job INT, state VARCHAR(20), clerk VARCHAR(40))");
    } catch (SQLException e) {
      throw new IllegalStateException("the workshop's database does not open", e);
    }
    context.setAttribute(DATA_SOURCE, workshop);
    Migrations.builder().dataSource(workshop).mode(Mode.MIGRATE).build().run();
    Drawbridge.install(context, "/ws", e -> e.channel("jobs:", r -> r.authorize((u, a, c) -> c)));
    context.addServlet("token", SessionTokenServlet.class).addMapping("/ws/token");
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    if (event.getServletContext().getAttribute(DATA_SOURCE) instanceof JdbcConnectionPool pool) {
      pool.dispose();
    }
  }
}
