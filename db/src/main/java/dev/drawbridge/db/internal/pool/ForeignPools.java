package dev.drawbridge.db.internal.pool;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the pools that containers bring along to forget a connection. By reflection: each is in the
 * class loader of its container or missing. JDBC's {@code abort} is not enough, since some pools do
 * not look and some drivers do nothing.
 */
public final class ForeignPools {
  private static final Logger log = LoggerFactory.getLogger(ForeignPools.class);
  private static final String TOMCAT = "org.apache.tomcat.jdbc.pool.";
  private static final String DBCP = "org.apache.commons.dbcp2.";
  private static final String TOMCAT_DBCP = "org.apache.tomcat.dbcp.dbcp2.";

  private ForeignPools() {}

  /** Before the connection is closed; does nothing for a pool that it does not know. */
  public static void discard(Connection connection) {
    try {
      Object handler =
          Proxy.isProxyClass(connection.getClass())
              ? Proxy.getInvocationHandler(connection)
              : connection;
      String type = handler.getClass().getName();
      ClassLoader loader = handler.getClass().getClassLoader();
      if (type.startsWith(TOMCAT)) {
        Class<?> pooled = Class.forName(TOMCAT + "PooledConnection", false, loader);
        Object unwrapped = connection.unwrap(pooled);
        pooled.getMethod("setDiscarded", boolean.class).invoke(unwrapped, true);
      } else if (type.startsWith(DBCP) || type.startsWith(TOMCAT_DBCP)) {
        String prefix = type.startsWith(DBCP) ? DBCP : TOMCAT_DBCP;
        Class<?> pooled = Class.forName(prefix + "PoolableConnection", false, loader);
        // the pool drops what it finds closed when it comes back
        Method physical = pooled.getMethod("getInnermostDelegateInternal");
        ((Connection) physical.invoke(connection.unwrap(pooled))).close();
      }
    } catch (SQLException | ReflectiveOperationException | RuntimeException | LinkageError e) {
      log.debug("the pool cannot be told to forget: {}", e.getClass().getName());
    }
  }
}
