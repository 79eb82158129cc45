package dev.drawbridge.db.internal.errors;

import java.lang.reflect.Method;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What PostgreSQL sends beside the text of an error: names, apart from data. Immutable.
 *
 * <p>Read by reflection: the driver is the application's, and may be in another class loader.
 */
public final class ServerReport {
  private final Object message;

  private ServerReport(Object message) {
    this.message = message;
  }

  /** Null when the driver itself made the exception, or it is not PostgreSQL's. */
  public static @Nullable ServerReport of(SQLException e) {
    Object message = call(e, "getServerErrorMessage");
    return message == null ? null : new ServerReport(message);
  }

  /** A function of the statement was running: what it raises may have any state and any text. */
  public boolean isInsideFunction() {
    return text("getWhere") != null || "exec_stmt_raise".equals(text("getRoutine"));
  }

  /** The error points at a place in the statement, so it is about the statement's own words. */
  public boolean isAboutStatement() {
    Object position = call(message, "getPosition");
    return position instanceof Integer && (Integer) position > 0;
  }

  /** A statement that was prepared before its table changed. */
  public boolean isStalePlan() {
    String routine = text("getRoutine");
    return routine != null && routine.startsWith("RevalidateCached");
  }

  public @Nullable String constraint() {
    return text("getConstraint");
  }

  public @Nullable String table() {
    return text("getTable");
  }

  public @Nullable String column() {
    return text("getColumn");
  }

  private @Nullable String text(String method) {
    Object value = call(message, method);
    return value instanceof String ? (String) value : null;
  }

  private static @Nullable Object call(Object target, String name) {
    if (!target.getClass().getName().startsWith("org.postgresql.")) {
      return null;
    }
    try {
      Method method = target.getClass().getMethod(name);
      return method.invoke(target);
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }
}
