package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Binds one JSON value to one Java type, and refuses everything else.
 *
 * @param <T> the Java type
 */
abstract class StrictValue<T> extends StdScalarDeserializer<T> {
  private static final long serialVersionUID = 1L;

  private final String expected;

  /** What null and absence become; itself null for types that take null by their annotation. */
  private final transient @Nullable T empty;

  StrictValue(Class<T> type, String expected, @Nullable T empty) {
    super(type);
    this.expected = expected;
    this.empty = empty;
  }

  /** What fits, in words. */
  String expected() {
    return expected;
  }

  @Override
  public abstract T deserialize(JsonParser parser, DeserializationContext context)
      throws IOException;

  @Override
  public @Nullable T getNullValue(DeserializationContext context) throws JsonMappingException {
    if (handledType().isPrimitive()) {
      throw unfit(context.getParser());
    }
    return empty;
  }

  final Unfit unfit(JsonParser parser) {
    return unfit(parser, expected);
  }

  final Unfit unfit(JsonParser parser, String what) {
    return new Unfit(parser, handledType(), what);
  }
}
