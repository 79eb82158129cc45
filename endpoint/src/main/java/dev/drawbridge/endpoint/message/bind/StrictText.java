package dev.drawbridge.endpoint.message.bind;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.fasterxml.jackson.databind.deser.std.EnumDeserializer;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps Jackson from trimming a text, or taking an empty one for null, before it looks up what the
 * text names: enums, and the classes that Jackson itself reads from strings.
 */
final class StrictText extends DelegatingDeserializer {
  private static final long serialVersionUID = 1L;

  private StrictText(JsonDeserializer<?> delegate) {
    super(delegate);
  }

  @Override
  protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> delegate) {
    return new StrictText(delegate);
  }

  @Override
  public @Nullable Object deserialize(JsonParser parser, DeserializationContext context)
      throws IOException {
    if (parser.hasToken(JsonToken.VALUE_STRING)) {
      String text = parser.getText();
      if (text.isEmpty() || text.charAt(0) <= ' ' || text.charAt(text.length() - 1) <= ' ') {
        throw new Unfit(parser, handledType(), StrictTypes.expected(handledType()));
      }
    } else if (_delegatee instanceof FromStringDeserializer) {
      throw new Unfit(parser, handledType(), StrictTypes.expected(handledType()));
    }
    return super.deserialize(parser, context);
  }

  /** Puts itself before those that need it. */
  static final class Modifier extends BeanDeserializerModifier {
    private static final long serialVersionUID = 1L;

    @Override
    public JsonDeserializer<?> modifyEnumDeserializer(
        DeserializationConfig config,
        JavaType type,
        BeanDescription description,
        JsonDeserializer<?> found) {
      return found instanceof EnumDeserializer ? new StrictText(found) : found;
    }

    @Override
    public JsonDeserializer<?> modifyDeserializer(
        DeserializationConfig config, BeanDescription description, JsonDeserializer<?> found) {
      return found instanceof FromStringDeserializer ? new StrictText(found) : found;
    }
  }
}
