package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import java.io.IOException;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;

/**
 * An array of primitives, each item by the rule of its type.
 *
 * @param <T> the array's type
 */
final class PrimitiveArray<T> extends StrictValue<T> {
  private static final long serialVersionUID = 1L;

  private final Class<T> type;
  private final StrictValue<?> item;

  PrimitiveArray(Class<T> type, StrictValue<?> item) {
    super(type, "array", null);
    this.type = type;
    this.item = item;
  }

  @Override
  public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
    if (!parser.hasToken(JsonToken.START_ARRAY)) {
      throw unfit(parser);
    }
    List<Object> items = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      try {
        items.add(item.deserialize(parser, context));
      } catch (JsonMappingException e) {
        e.prependPath(items, items.size());
        throw e;
      }
    }
    Object array = Array.newInstance(type.getComponentType(), items.size());
    for (int i = 0; i < items.size(); i++) {
      Array.set(array, i, items.get(i));
    }
    return type.cast(array);
  }
}
