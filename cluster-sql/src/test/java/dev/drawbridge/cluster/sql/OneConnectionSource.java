package dev.drawbridge.cluster.sql;

import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * A pool that lends one connection at a time, waits without an end for it, and sets nothing back:
 * the strictest that there is. Remembers how each came back.
 */
final class OneConnectionSource implements DataSource, AutoCloseable {
  private final Connection real;
  private final Look look;
  final Semaphore free = new Semaphore(1);

  /** What {@link Look} said whenever one came back. */
  final List<String> returned = new CopyOnWriteArrayList<>();

  /** Says how a connection is. */
  @FunctionalInterface
  interface Look {
    String at(Connection connection) throws SQLException;
  }

  OneConnectionSource(Connection real, Look look) {
    this.real = real;
    this.look = look;
  }

  @Override
  public Connection getConnection() throws SQLException {
    try {
      free.acquire();
    } catch (InterruptedException e) {
      throw new SQLException("interrupted", e);
    }
    AtomicBoolean aborted = new AtomicBoolean();
    return (Connection)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("abort")) {
                aborted.set(true);
                return null;
              }
              if (method.getName().equals("close")) {
                // What was aborted a pool throws away.
                if (!aborted.get()) {
                  returned.add(look.at(real));
                }
                free.release();
                return null;
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    return getConnection();
  }

  @Override
  public PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {
    // Nobody writes.
  }

  @Override
  public void setLoginTimeout(int seconds) {
    // The driver's own.
  }

  @Override
  public int getLoginTimeout() {
    return 0;
  }

  @Override
  public Logger getParentLogger() {
    return Logger.getAnonymousLogger();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing");
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }

  @Override
  public void close() throws SQLException {
    real.close();
  }
}
