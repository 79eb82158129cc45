package dev.drawbridge.db;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls the setters of a bean, one for each column that has one. Immutable. */
final class BeanMapper<T> implements RowMapper<T> {
  private final Constructor<T> constructor;

  /** By the name of the property as {@link ConstructorMapper#plain} writes it. */
  private final Map<String, Property> properties = new HashMap<>();

  BeanMapper(Class<T> type) {
    try {
      constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
    } catch (NoSuchMethodException | RuntimeException e) {
      throw new DbMappingException(
          "a bean must have an accessible constructor without parameters: " + type.getName(), e);
    }
    for (Method method : type.getMethods()) {
      if (isSetter(method)) {
        Property property = new Property(method);
        Property other = properties.putIfAbsent(property.name, property);
        if (other != null && isNarrower(property, other)) {
          properties.put(property.name, property);
        }
      }
    }
    if (properties.isEmpty()) {
      throw new DbMappingException("a bean must have public setters: " + type.getName(), null);
    }
  }

  private static boolean isSetter(Method method) {
    return method.getName().startsWith("set")
        && method.getName().length() > 3
        && method.getParameterCount() == 1
        && !method.isSynthetic();
  }

  /** A subclass may have a setter of a narrower type. */
  private boolean isNarrower(Property one, Property other) {
    return other.type.isAssignableFrom(one.type);
  }

  @Override
  public T map(Row row) throws SQLException {
    int[] plan = row.plan(this, this::plan);
    T bean = newBean();
    ResultSetMetaData metaData = row.raw().getMetaData();
    for (int index : plan) {
      Property property = properties.get(ConstructorMapper.plain(metaData.getColumnLabel(index)));
      if (property != null) {
        property.set(bean, row, index);
      }
    }
    return bean;
  }

  /** The columns that have a setter. */
  private int[] plan(ResultSet results) throws SQLException {
    ResultSetMetaData metaData = results.getMetaData();
    int[] indexes = new int[metaData.getColumnCount()];
    int found = 0;
    for (int i = 1; i <= metaData.getColumnCount(); i++) {
      if (properties.containsKey(ConstructorMapper.plain(metaData.getColumnLabel(i)))) {
        indexes[found++] = i;
      }
    }
    if (found == 0) {
      throw new DbMappingException(
          "no column for any setter of " + constructor.getDeclaringClass().getName(), null);
    }
    return java.util.Arrays.copyOf(indexes, found);
  }

  private T newBean() {
    try {
      return constructor.newInstance();
    } catch (ReflectiveOperationException e) {
      throw failed("constructor", e);
    }
  }

  private DbMappingException failed(String what, ReflectiveOperationException e) {
    if (e instanceof InvocationTargetException && e.getCause() instanceof RuntimeException) {
      throw (RuntimeException) e.getCause();
    }
    return new DbMappingException(
        "the " + what + " failed: " + constructor.getDeclaringClass().getName(), e);
  }

  /** One setter. */
  private final class Property {
    final String name;
    final Class<?> type;
    private final Method setter;
    private final ColumnReader reader;

    Property(Method setter) {
      this.setter = setter;
      this.name = ConstructorMapper.plain(setter.getName().substring(3));
      this.type = setter.getParameterTypes()[0];
      Type declared = setter.getGenericParameterTypes()[0];
      this.reader = ColumnReader.of(declared, type);
      try {
        setter.setAccessible(true);
      } catch (RuntimeException e) {
        throw new DbMappingException("the setter must be accessible: " + setter.getName(), e);
      }
    }

    /** A primitive keeps its default for NULL, as in beans that were filled by hand. */
    void set(Object bean, Row row, int index) throws SQLException {
      @Nullable Object value = reader.read(row, index);
      if (value == null && type.isPrimitive()) {
        return;
      }
      try {
        setter.invoke(bean, value);
      } catch (ReflectiveOperationException e) {
        throw failed(setter.getName(), e);
      }
    }
  }
}
