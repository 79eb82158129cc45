package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.jsontype.TypeDeserializer;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Any JSON as a tree whose numbers keep all their digits, and zeros their sign. */
final class ExactTree {
  private ExactTree() {}

  /** A tree of Jackson's nodes. */
  static final class Nodes<T extends JsonNode> extends StdDeserializer<T> {
    private static final long serialVersionUID = 1L;

    private final Class<T> type;

    Nodes(Class<T> type) {
      super(type);
      this.type = type;
    }

    @Override
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      JsonNode node = node(parser);
      if (!type.isInstance(node)) {
        throw new Unfit(parser, type, StrictTypes.expected(type));
      }
      return type.cast(node);
    }

    @Override
    public @Nullable Object deserializeWithType(
        JsonParser parser, DeserializationContext context, TypeDeserializer types)
        throws IOException {
      return deserialize(parser, context);
    }

    @Override
    public @Nullable T getNullValue(DeserializationContext context) {
      return type == JsonNode.class ? type.cast(NullNode.getInstance()) : null;
    }

    @Override
    public @Nullable Object getAbsentValue(DeserializationContext context) {
      return null;
    }

    private static JsonNode node(JsonParser parser) throws IOException {
      return switch (parser.currentToken()) {
        case START_OBJECT, FIELD_NAME, END_OBJECT -> object(parser);
        case START_ARRAY -> array(parser);
        case VALUE_STRING -> TextNode.valueOf(parser.getText());
        case VALUE_TRUE -> BooleanNode.TRUE;
        case VALUE_FALSE -> BooleanNode.FALSE;
        case VALUE_NULL -> NullNode.getInstance();
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(Numbers.number(parser));
        default -> throw new Unfit(parser, JsonNode.class, "any JSON");
      };
    }

    private static JsonNode object(JsonParser parser) throws IOException {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      JsonToken token =
          parser.hasToken(JsonToken.START_OBJECT) ? parser.nextToken() : parser.currentToken();
      while (token == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        try {
          object.set(name, node(parser));
        } catch (JsonMappingException e) {
          e.prependPath(object, name);
          throw e;
        }
        token = parser.nextToken();
      }
      return object;
    }

    private static JsonNode array(JsonParser parser) throws IOException {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        try {
          array.add(node(parser));
        } catch (JsonMappingException e) {
          e.prependPath(array, array.size());
          throw e;
        }
      }
      return array;
    }

    private static JsonNode number(Number value) {
      if (value instanceof Integer small) {
        return IntNode.valueOf(small);
      } else if (value instanceof Long large) {
        return LongNode.valueOf(large);
      } else if (value instanceof BigInteger big) {
        return BigIntegerNode.valueOf(big);
      } else if (value instanceof BigDecimal decimal) {
        return DecimalNode.valueOf(decimal);
      }
      return DoubleNode.valueOf(value.doubleValue());
    }
  }

  /** Maps, lists, strings, numbers, booleans and null. */
  static final class Values extends StdDeserializer<Object> {
    private static final long serialVersionUID = 1L;

    Values() {
      super(Object.class);
    }

    @Override
    public @Nullable Object deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return value(parser);
    }

    @Override
    public @Nullable Object deserializeWithType(
        JsonParser parser, DeserializationContext context, TypeDeserializer types)
        throws IOException {
      return types.deserializeTypedFromAny(parser, context);
    }

    private static @Nullable Object value(JsonParser parser) throws IOException {
      return switch (parser.currentToken()) {
        case START_OBJECT, FIELD_NAME, END_OBJECT -> members(parser);
        case START_ARRAY -> items(parser);
        case VALUE_STRING -> parser.getText();
        case VALUE_TRUE -> true;
        case VALUE_FALSE -> false;
        case VALUE_NULL -> null;
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> Numbers.number(parser);
        default -> throw new Unfit(parser, Object.class, "any JSON");
      };
    }

    private static Map<String, @Nullable Object> members(JsonParser parser) throws IOException {
      Map<String, @Nullable Object> members = new LinkedHashMap<>();
      JsonToken token =
          parser.hasToken(JsonToken.START_OBJECT) ? parser.nextToken() : parser.currentToken();
      while (token == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        try {
          members.put(name, value(parser));
        } catch (JsonMappingException e) {
          e.prependPath(members, name);
          throw e;
        }
        token = parser.nextToken();
      }
      return members;
    }

    private static List<@Nullable Object> items(JsonParser parser) throws IOException {
      List<@Nullable Object> items = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        try {
          items.add(value(parser));
        } catch (JsonMappingException e) {
          e.prependPath(items, items.size());
          throw e;
        }
      }
      return items;
    }
  }
}
