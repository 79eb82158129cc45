package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import java.io.IOException;
import java.util.function.Function;

/** The keys of maps, which are texts in JSON whatever they are in Java. */
final class Keys {
  private Keys() {}

  /** The name of a member as a key: what its type reads of a value, in a string. */
  static final class Reading extends KeyDeserializer {
    private final StrictValue<?> value;

    Reading(StrictValue<?> value) {
      this.value = value;
    }

    @Override
    public Object deserializeKey(String key, DeserializationContext context) throws IOException {
      boolean text = value instanceof Words.Text || value instanceof Times.Iso || isNoJson(key);
      try (JsonParser parser =
          text
              ? new TextNode(key).traverse()
              : context.getParser().getCodec().getFactory().createParser(key)) {
        parser.nextToken();
        Object read = value.deserialize(parser, context);
        if (parser.nextToken() != null) {
          throw value.unfit(parser);
        }
        return read;
      }
    }

    /** Neither number nor word begins or ends with a blank. */
    private static boolean isNoJson(String key) {
      return key.isEmpty() || key.charAt(0) <= ' ' || key.charAt(key.length() - 1) <= ' ';
    }
  }

  /** Writes a key as its type writes a value. */
  static final class Writing<T> extends StdScalarSerializer<T> {
    private static final long serialVersionUID = 1L;

    private final transient Function<T, String> text;

    Writing(Class<T> type, Function<T, String> text) {
      super(type);
      this.text = text;
    }

    @Override
    public void serialize(T value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeFieldName(text.apply(value));
    }
  }
}
