package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.annotation.JsonCreator;
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
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.AnnotatedMethod;
import com.fasterxml.jackson.databind.type.ArrayType;
import com.fasterxml.jackson.databind.util.ClassUtil;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps Jackson from trimming a text, taking an empty one for null, or taking a number for a text
 * or a text for a number, before it looks up what they name: enums, and the classes that Jackson
 * itself reads from strings.
 */
final class StrictText extends DelegatingDeserializer {
  private static final long serialVersionUID = 1L;

  /** What is let through. */
  private enum Form {
    /** A text without blanks around it, or what Jackson refuses. */
    NAME,
    /** Such a text alone. */
    NAME_ALONE,
    /** Any text, which a creator of the application looks at. */
    TEXT,
    /** An integer. */
    NUMBER,
    /** Anything but a text. */
    NO_TEXT
  }

  private final Form form;

  private StrictText(JsonDeserializer<?> delegate, Form form) {
    super(delegate);
    this.form = form;
  }

  @Override
  protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> delegate) {
    return new StrictText(delegate, form);
  }

  @Override
  public @Nullable Object deserialize(JsonParser parser, DeserializationContext context)
      throws IOException {
    boolean text = parser.hasToken(JsonToken.VALUE_STRING);
    boolean passes =
        switch (form) {
          case NAME -> !text || isName(parser.getText());
          case NAME_ALONE -> text && isName(parser.getText());
          case TEXT -> text;
          case NUMBER -> parser.hasToken(JsonToken.VALUE_NUMBER_INT);
          case NO_TEXT -> !text;
        };
    if (!passes) {
      throw new Unfit(parser, handledType(), StrictTypes.expected(handledType()));
    }
    return super.deserialize(parser, context);
  }

  private static boolean isName(String text) {
    return !text.isEmpty() && text.charAt(0) > ' ' && text.charAt(text.length() - 1) > ' ';
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
      if (found instanceof EnumDeserializer) {
        AnnotatedMember value = description.findJsonValueAccessor();
        boolean number = value != null && isNumber(value.getRawType());
        return new StrictText(found, number ? Form.NUMBER : Form.NAME);
      }
      return Resolving.isByJackson(found) && isMadeOfText(description)
          ? new StrictText(found, Form.TEXT)
          : found;
    }

    private static boolean isNumber(Class<?> type) {
      return Number.class.isAssignableFrom(type.isPrimitive() ? ClassUtil.wrapperType(type) : type);
    }

    private static boolean isMadeOfText(BeanDescription description) {
      for (AnnotatedMethod factory : description.getFactoryMethods()) {
        if (factory.hasAnnotation(JsonCreator.class)
            && factory.getParameterCount() == 1
            && factory.getRawParameterType(0) == String.class) {
          return true;
        }
      }
      return false;
    }

    @Override
    public JsonDeserializer<?> modifyArrayDeserializer(
        DeserializationConfig config,
        ArrayType type,
        BeanDescription description,
        JsonDeserializer<?> found) {
      // Jackson takes base64 for it, and writes numbers.
      return type.getContentType().hasRawClass(Byte.class)
          ? new StrictText(found, Form.NO_TEXT)
          : found;
    }

    @Override
    public JsonDeserializer<?> modifyDeserializer(
        DeserializationConfig config, BeanDescription description, JsonDeserializer<?> found) {
      Class<?> type = description.getBeanClass();
      if (Resolving.is(type) && Resolving.isByJackson(found)) {
        return new Resolving.Values(type);
      }
      return found instanceof FromStringDeserializer
          ? new StrictText(found, Form.NAME_ALONE)
          : found;
    }
  }
}
