package dev.drawbridge.db;

import dev.drawbridge.db.internal.errors.LocatedSqlException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Calls a constructor with the values of columns. Immutable.
 *
 * <p>Records are found by reflection, since this module must also run where there are none.
 */
final class ConstructorMapper<T> implements RowMapper<T> {
  private final Constructor<T> constructor;
  private final List<String> columns;
  private final ColumnReader[] readers;
  private final Class<?>[] types;

  private ConstructorMapper(Constructor<T> constructor, List<String> columns) {
    this.constructor = constructor;
    this.columns = List.copyOf(columns);
    this.types = constructor.getParameterTypes();
    Type[] declared = constructor.getGenericParameterTypes();
    // shorter than the types where the compiler added parameters of its own
    boolean known = declared.length == types.length;
    this.readers = new ColumnReader[types.length];
    for (int i = 0; i < types.length; i++) {
      readers[i] = ColumnReader.of(known ? declared[i] : types[i], types[i]);
    }
    try {
      constructor.setAccessible(true);
    } catch (RuntimeException e) {
      throw new DbMappingException(
          "the constructor must be accessible: " + constructor.getDeclaringClass().getName(), e);
    }
  }

  static <R> ConstructorMapper<R> ofRecord(Class<R> type) {
    try {
      Object components = Class.class.getMethod("getRecordComponents").invoke(type);
      if (components == null) {
        throw new DbMappingException("must be a record: " + type.getName(), null);
      }
      Object[] list = (Object[]) components;
      String[] names = new String[list.length];
      Class<?>[] types = new Class<?>[list.length];
      for (int i = 0; i < list.length; i++) {
        Method name = list[i].getClass().getMethod("getName");
        Method componentType = list[i].getClass().getMethod("getType");
        names[i] = (String) name.invoke(list[i]);
        types[i] = (Class<?>) componentType.invoke(list[i]);
      }
      return new ConstructorMapper<>(type.getDeclaredConstructor(types), List.of(names));
    } catch (NoSuchMethodException e) {
      throw new DbMappingException("records need Java 16 or newer: " + type.getName(), e);
    } catch (ReflectiveOperationException e) {
      throw new DbMappingException("cannot look into the record: " + type.getName(), e);
    }
  }

  static <B> ConstructorMapper<B> of(Class<B> type, String... columns) {
    Constructor<?> found = null;
    for (Constructor<?> candidate : type.getDeclaredConstructors()) {
      if (candidate.getParameterCount() == columns.length && !candidate.isSynthetic()) {
        if (found != null) {
          throw new DbMappingException(
              "must have one constructor with " + columns.length + " parameters: " + type.getName(),
              null);
        }
        found = candidate;
      }
    }
    if (found == null) {
      throw new DbMappingException(
          "must have a constructor with " + columns.length + " parameters: " + type.getName(),
          null);
    }
    @SuppressWarnings("unchecked") // getDeclaredConstructors of Class<B> are Constructor<B>
    Constructor<B> constructor = (Constructor<B>) found;
    return new ConstructorMapper<>(constructor, List.of(columns));
  }

  @Override
  public T map(Row row) throws SQLException {
    int[] indexes = row.plan(this, this::indexes);
    @Nullable Object[] values = new Object[indexes.length];
    for (int i = 0; i < indexes.length; i++) {
      try {
        values[i] = readers[i].read(row, indexes[i]);
      } catch (SQLException e) {
        throw new LocatedSqlException(
            "component '"
                + columns.get(i)
                + "' of type "
                + types[i].getTypeName()
                + " of "
                + constructor.getDeclaringClass().getName(),
            e);
      }
      if (values[i] == null && types[i].isPrimitive()) {
        throw new DbMappingException(
            "column '" + columns.get(i) + "' must not be NULL: it is mapped to " + types[i], null);
      }
    }
    try {
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException) {
        throw (RuntimeException) e.getCause();
      }
      throw failed(e);
    } catch (ReflectiveOperationException e) {
      throw failed(e);
    }
  }

  private DbMappingException failed(ReflectiveOperationException e) {
    return new DbMappingException(
        "the constructor failed: " + constructor.getDeclaringClass().getName(), e);
  }

  private int[] indexes(ResultSet results) throws SQLException {
    ResultSetMetaData metaData = results.getMetaData();
    Map<String, Integer> byName = new HashMap<>();
    for (int i = 1; i <= metaData.getColumnCount(); i++) {
      byName.putIfAbsent(plain(metaData.getColumnLabel(i)), i);
    }
    int[] indexes = new int[columns.size()];
    for (int i = 0; i < indexes.length; i++) {
      Integer index = byName.get(plain(columns.get(i)));
      if (index == null) {
        throw new DbMappingException(
            "no column for '"
                + columns.get(i)
                + "' of "
                + constructor.getDeclaringClass().getName()
                + "; the query returns "
                + byName.keySet(),
            null);
      }
      indexes[i] = index;
    }
    return indexes;
  }

  /** displayName and DISPLAY_NAME are the same. */
  static String plain(String name) {
    return name.replace("_", "").toLowerCase(Locale.ROOT);
  }
}
