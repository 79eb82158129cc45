package dev.drawbridge.db.internal.values;

import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What H2's driver knows without a statement. By reflection: it is the application's, and may be in
 * another class loader or missing. Immutable.
 */
public final class H2Driver {
  private static final H2Driver UNKNOWN = new H2Driver(null, null, null);

  private final @Nullable Class<?> type;
  private final @Nullable Method zone;
  private final @Nullable Method id;

  private H2Driver(@Nullable Class<?> type, @Nullable Method zone, @Nullable Method id) {
    this.type = type;
    this.zone = zone;
    this.id = id;
  }

  /** The driver of a connection of whatever pool. */
  public static H2Driver of(Connection pooled) {
    for (ClassLoader loader :
        new ClassLoader[] {
          pooled.getClass().getClassLoader(),
          Thread.currentThread().getContextClassLoader(),
          H2Driver.class.getClassLoader()
        }) {
      try {
        Class<?> type = Class.forName("org.h2.jdbc.JdbcConnection", false, loader);
        if (pooled.isWrapperFor(type)) {
          Method zone = type.getMethod("currentTimeZone");
          return new H2Driver(type, zone, zone.getReturnType().getMethod("getId"));
        }
      } catch (ReflectiveOperationException | LinkageError | SQLException e) {
        // another loader may do, else the statement
      }
    }
    return UNKNOWN;
  }

  /** The time zone of the session now; null when the driver cannot be asked. */
  public @Nullable String timeZone(Connection pooled) {
    if (type == null || zone == null || id == null) {
      return null;
    }
    try {
      return (String) id.invoke(zone.invoke(pooled.unwrap(type)));
    } catch (ReflectiveOperationException | SQLException | RuntimeException e) {
      // the statement tells what is wrong
      return null;
    }
  }
}
