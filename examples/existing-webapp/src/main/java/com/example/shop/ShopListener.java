package com.example.shop;

import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;

/** Opens the shop's database and creates its tables. */
public final class ShopListener implements ServletContextListener {
  static final String DATA_SOURCE = "shop.dataSource";

  @Override
  public void contextInitialized(ServletContextEvent event) {
    DataSource shop = JdbcConnectionPool.create("jdbc:h2:mem:shop;DB_CLOSE_DELAY=-1", "", "");
    try (Connection connection = shop.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE IF NOT EXISTS customer (login VARCHAR(40) PRIMARY KEY, full_name"
              + " VARCHAR(80), pin VARCHAR(8), blocked BOOLEAN)");
      statement.execute(
          "MERGE INTO customer VALUES ('alice', 'Alice A.', '1234', FALSE),"
              + " ('mallory', 'Mallory M.', '6666', TRUE)");
    } catch (SQLException e) {
      throw new IllegalStateException("the shop's database does not open", e);
    }
    event.getServletContext().setAttribute(DATA_SOURCE, shop);
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    if (event.getServletContext().getAttribute(DATA_SOURCE) instanceof JdbcConnectionPool shop) {
      shop.dispose();
    }
  }
}
