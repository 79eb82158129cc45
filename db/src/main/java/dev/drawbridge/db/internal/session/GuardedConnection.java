package dev.drawbridge.db.internal.session;

import dev.drawbridge.db.DbStateException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Wrapper;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lends a session's JDBC connection without the methods that only the session may call, and with it
 * every object from which JDBC leads back to the connection.
 *
 * <p>A type of the driver's, asked for by {@code unwrap}, is the driver's own object: the way to
 * COPY and LISTEN. The session then cannot know what was left in the connection and does not give
 * it back for reuse.
 */
public final class GuardedConnection {
  private static final Set<String> FORBIDDEN =
      Set.of(
          "close",
          "abort",
          "commit",
          "rollback",
          "setAutoCommit",
          "setReadOnly",
          "setTransactionIsolation",
          "setShardingKey",
          "setShardingKeyIfValid",
          "beginRequest",
          "endRequest");

  /** The narrowest one first. */
  private static final List<Class<?>> LENT =
      List.of(
          CallableStatement.class,
          PreparedStatement.class,
          Statement.class,
          ResultSet.class,
          DatabaseMetaData.class);

  /** What the guard asks and tells the session. */
  public interface Lender {
    /** Throws when the session cannot be used, or not by this thread. */
    void check();

    /** Before a statement is prepared or run; throws when the session refuses it. */
    void check(String sql) throws SQLException;

    /** Before a statement runs, prepared or not. */
    void running() throws SQLException;

    /** Before a setter whose former value is to be restored. */
    void changing(String setter, Object[] arguments) throws SQLException;

    /** A statement failed; the caller may never tell. */
    void failed(SQLException thrown);

    /** The driver's own object was handed out. */
    void unwrapped();
  }

  private final Lender lender;
  private final Connection connection;

  private GuardedConnection(Connection jdbc, Lender lender) {
    this.lender = lender;
    this.connection = (Connection) proxy(Connection.class, jdbc, null);
  }

  public static Connection of(Connection jdbc, Lender lender) {
    return new GuardedConnection(jdbc, lender).connection;
  }

  /** A result whose statement and connection are guarded too. */
  public static ResultSet of(ResultSet results, Connection jdbc, Lender lender) {
    return (ResultSet) new GuardedConnection(jdbc, lender).proxy(ResultSet.class, results, null);
  }

  private Object proxy(Class<?> type, Object target, @Nullable Object parent) {
    return Proxy.newProxyInstance(
        GuardedConnection.class.getClassLoader(),
        new Class<?>[] {type},
        new Guard(type, target, parent));
  }

  /** Of one object; {@code parent} is the guarded statement of a result, null when not known. */
  private final class Guard implements InvocationHandler {
    private final Class<?> type;
    private final Object target;
    private @Nullable Object parent;

    Guard(Class<?> type, Object target, @Nullable Object parent) {
      this.type = type;
      this.target = target;
      this.parent = parent;
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] given)
        throws Throwable {
      Object[] arguments = given == null ? new Object[0] : given;
      String name = method.getName();
      if (method.getDeclaringClass() == Object.class) {
        return ofObject(proxy, name, arguments);
      }
      if (method.getDeclaringClass() == Wrapper.class) {
        return ofWrapper(proxy, name, (Class<?>) arguments[0]);
      }
      if (type == Connection.class) {
        if (FORBIDDEN.contains(name)) {
          throw new DbStateException("the session owns the connection; not allowed: " + name, null);
        }
        lender.check();
        if (LentState.RESTORED.contains(name)) {
          lender.changing(name, arguments);
        }
      }
      if (runsSql(name) && arguments.length > 0 && arguments[0] instanceof String) {
        lender.check((String) arguments[0]);
      }
      if (Statement.class.isAssignableFrom(type) && name.startsWith("execute")) {
        lender.running();
      }
      return guarded(proxy, method, call(method, arguments));
    }

    private boolean runsSql(String name) {
      return type == Connection.class
          ? name.startsWith("prepare")
          : Statement.class.isAssignableFrom(type)
              && (name.startsWith("execute") || name.equals("addBatch"));
    }

    private @Nullable Object call(Method method, Object[] arguments) throws Throwable {
      try {
        return method.invoke(target, arguments);
      } catch (InvocationTargetException e) {
        if (e.getCause() instanceof SQLException) {
          lender.failed((SQLException) e.getCause());
        }
        throw e.getCause() == null ? e : e.getCause();
      }
    }

    /** Nothing that JDBC returns leads to the connection unguarded. */
    private @Nullable Object guarded(Object proxy, Method method, @Nullable Object result) {
      if (result instanceof Connection) {
        return connection;
      }
      if (type == ResultSet.class && method.getName().equals("getStatement") && result != null) {
        if (parent == null) {
          parent = proxy(lent(result), result, null);
        }
        return parent;
      }
      if (result == null || lent(result) == Object.class) {
        return result;
      }
      return proxy(lent(result), result, Statement.class.isAssignableFrom(type) ? proxy : null);
    }

    private Class<?> lent(Object result) {
      for (Class<?> candidate : LENT) {
        if (candidate.isInstance(result)) {
          return candidate;
        }
      }
      return Object.class;
    }

    private Object ofWrapper(Object proxy, String method, Class<?> wanted) throws SQLException {
      lender.check();
      Wrapper wrapper = (Wrapper) target;
      if (method.equals("isWrapperFor")) {
        return wanted.isInstance(proxy) || wrapper.isWrapperFor(wanted);
      }
      if (wanted.isInstance(proxy)) {
        return proxy;
      }
      Object unwrapped = wrapper.unwrap(wanted);
      lender.unwrapped();
      return unwrapped;
    }

    /** Also for debuggers on other threads; a driver's own text may hold the URL. */
    private Object ofObject(Object proxy, String method, Object[] arguments) {
      switch (method) {
        case "equals":
          return proxy == arguments[0];
        case "hashCode":
          return System.identityHashCode(proxy);
        default:
          return type == Connection.class
              ? "the connection of a DbSession"
              : "a " + type.getSimpleName() + " of a DbSession";
      }
    }
  }
}
