package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.deser.DefaultDeserializationContext;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.internal.message.bind.StrictTypes;

/**
 * A type that clients may send, with the Java class of its data. Thread-safe.
 *
 * @param <T> the class of the data
 */
public final class PayloadType<T> {
  private final String name;
  private final Class<T> dataClass;
  private final JsonMapper mapper;
  private final JavaType type;
  private final ObjectReader reader;
  private final boolean readInTurn;

  /**
   * Looks at the class.
   *
   * @param readInTurn whether what reads or judges a value may wait for somebody
   * @throws IllegalArgumentException if it holds a type that no client may name a value of
   */
  PayloadType(String name, Class<T> dataClass, JsonMapper mapper, boolean readInTurn) {
    this.name = name;
    this.readInTurn = readInTurn;
    this.dataClass = dataClass;
    this.type = mapper.constructType(dataClass);
    // Raw lists and maps hold any JSON, and null is some.
    this.mapper =
        type.isContainerType() && PayloadMapper.takesNullInside(type)
            ? (JsonMapper) mapper.copy().setDefaultSetterInfo(JsonSetter.Value.empty())
            : mapper;
    this.reader = this.mapper.readerFor(type);
    requireBindable();
  }

  /** What is found only in a message, in a subtype perhaps, is refused there. */
  private void requireBindable() {
    try {
      Object unused =
          ((DefaultDeserializationContext) mapper.getDeserializationContext())
              .createDummyInstance(mapper.getDeserializationConfig())
              .findRootValueDeserializer(type);
    } catch (JsonMappingException e) {
      StrictTypes.refusal(e)
          .ifPresent(
              refusal -> {
                throw new IllegalArgumentException("the data of " + name + ": " + refusal, e);
              });
    }
  }

  /** The type as it stands in frames. */
  public String name() {
    return name;
  }

  /** The class that data is bound to. */
  public Class<T> dataClass() {
    return dataClass;
  }

  /** True if its values are read where their handler runs, and not by the thread that reads all. */
  public boolean isReadInTurn() {
    return readInTurn;
  }

  JsonMapper mapper() {
    return mapper;
  }

  JavaType type() {
    return type;
  }

  ObjectReader reader() {
    return reader;
  }

  /** True when a frame of this type may leave its data out. */
  boolean takesNothing() {
    return dataClass == Void.class || JsonNode.class.isAssignableFrom(dataClass);
  }
}
