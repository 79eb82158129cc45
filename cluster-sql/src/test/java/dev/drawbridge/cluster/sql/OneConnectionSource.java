package dev.drawbridge.cluster.sql;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A pool that lends one connection at a time, waits without an end for it, and sets nothing back:
 * the strictest that there is. Remembers how each came back.
 */
final class OneConnectionSource extends LendingSource implements AutoCloseable {
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
              return call(real, method, arguments);
            });
  }

  @Override
  public void close() throws SQLException {
    real.close();
  }
}
