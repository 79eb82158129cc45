package dev.drawbridge.db;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What H2's driver knows without a statement. By reflection: it is the application's, and may be in
 * another class loader or missing. Immutable.
 */
final class H2Driver {
  private static final H2Driver UNKNOWN = new H2Driver(null, null);

  private final @Nullable Class<?> type;

  /** From the driver's connection to the name of its session's zone. */
  private final @Nullable MethodHandle zone;

  private H2Driver(@Nullable Class<?> type, @Nullable MethodHandle zone) {
    this.type = type;
    this.zone = zone;
  }

  /** The driver of a connection of whatever pool. */
  static H2Driver of(Connection pooled) {
    for (ClassLoader loader :
        new ClassLoader[] {
          pooled.getClass().getClassLoader(),
          Thread.currentThread().getContextClassLoader(),
          H2Driver.class.getClassLoader()
        }) {
      try {
        Class<?> type = Class.forName("org.h2.jdbc.JdbcConnection", false, loader);
        if (pooled.isWrapperFor(type)) {
          return new H2Driver(type, zone(type));
        }
      } catch (ReflectiveOperationException | LinkageError | SQLException e) {
        // another loader may do, else the statement
      }
    }
    return UNKNOWN;
  }

  private static MethodHandle zone(Class<?> type) throws ReflectiveOperationException {
    MethodHandles.Lookup lookup = MethodHandles.publicLookup();
    Method zone = type.getMethod("currentTimeZone");
    Method id = zone.getReturnType().getMethod("getId");
    return MethodHandles.filterReturnValue(lookup.unreflect(zone), lookup.unreflect(id))
        .asType(MethodType.methodType(String.class, Object.class));
  }

  /** The time zone of the session now; null when the driver cannot be asked. */
  @Nullable String timeZone(Connection pooled) {
    if (type == null || zone == null) {
      return null;
    }
    try {
      return (String) zone.invokeExact((Object) pooled.unwrap(type));
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      // a method handle declares it; the statement tells what is wrong
      return null;
    }
  }
}
