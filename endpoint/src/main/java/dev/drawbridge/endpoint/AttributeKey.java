package dev.drawbridge.endpoint;

/**
 * The name and class of something that an application keeps with a {@link Connection}; usually a
 * constant. Two keys are the same when both agree. Immutable.
 *
 * @param <T> the class of the value
 * @param name of the application's choice, not empty
 * @param type what {@link Connection#attribute(AttributeKey)} gives
 */
public record AttributeKey<T>(String name, Class<T> type) {
  /**
   * As {@link #of}.
   *
   * @throws IllegalArgumentException if the name is empty, or the class is a primitive one
   */
  public AttributeKey {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("name must not be empty");
    }
    if (type.isPrimitive()) {
      throw new IllegalArgumentException("type must be a class of objects: " + type);
    }
  }

  /** A key, for example {@code AttributeKey.of("room", String.class)}. */
  public static <T> AttributeKey<T> of(String name, Class<T> type) {
    return new AttributeKey<>(name, type);
  }
}
