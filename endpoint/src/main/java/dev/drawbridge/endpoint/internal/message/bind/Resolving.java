package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.BeanProperty;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.deser.ContextualDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import com.fasterxml.jackson.databind.jsontype.PolymorphicTypeValidator;
import com.fasterxml.jackson.databind.module.SimpleKeyDeserializers;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.URL;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Types that Jackson would make of a text by looking up what it names: a host (a query to the name
 * server), a class (its code is loaded and initialized), a file system, a document. A stranger's
 * message must not do that, so no payload may hold them unless the application brings a
 * deserializer of its own. Stateless.
 */
final class Resolving {
  private Resolving() {}

  static boolean is(Class<?> type) {
    return type == Class.class
        || type == URL.class
        || JavaType.class.isAssignableFrom(type)
        || InetAddress.class.isAssignableFrom(type)
        || SocketAddress.class.isAssignableFrom(type)
        || Path.class.isAssignableFrom(type)
        || type.getName().startsWith("org.w3c.dom.");
  }

  /** True for what Jackson itself has found, and not the application. */
  static boolean isByJackson(Object found) {
    return found.getClass().getName().startsWith("com.fasterxml.jackson.");
  }

  /** Says that a type cannot be bound, whatever the text is. */
  static final class Refused extends InvalidDefinitionException {
    private static final long serialVersionUID = 1L;

    Refused(@Nullable JsonParser parser, Class<?> type) {
      super(
          parser,
          "a payload must not hold a "
              + type.getName()
              + ", which would be looked up by what a client names: take a String, or register a"
              + " deserializer of your own",
          (JavaType) null);
    }
  }

  /** Refuses as soon as a payload that holds one is looked at, and so before any message. */
  static final class Values extends StdDeserializer<Object> implements ContextualDeserializer {
    private static final long serialVersionUID = 1L;

    Values(Class<?> type) {
      super(type);
    }

    @Override
    public JsonDeserializer<?> createContextual(
        DeserializationContext context, @Nullable BeanProperty property)
        throws JsonMappingException {
      throw new Refused(context.getParser(), handledType());
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context)
        throws JsonMappingException {
      throw new Refused(parser, handledType());
    }
  }

  /** The same for the keys of maps. */
  static final class Keys extends SimpleKeyDeserializers {
    private static final long serialVersionUID = 1L;

    @Override
    public @Nullable KeyDeserializer findKeyDeserializer(
        JavaType type, DeserializationConfig config, BeanDescription description) {
      return is(type.getRawClass())
          ? new RefusedKey(type.getRawClass())
          : super.findKeyDeserializer(type, config, description);
    }
  }

  private static final class RefusedKey extends KeyDeserializer
      implements com.fasterxml.jackson.databind.deser.ContextualKeyDeserializer {
    private final Class<?> type;

    private RefusedKey(Class<?> type) {
      this.type = type;
    }

    @Override
    public KeyDeserializer createContextual(
        DeserializationContext context, @Nullable BeanProperty property)
        throws JsonMappingException {
      throw new Refused(context.getParser(), type);
    }

    @Override
    public Object deserializeKey(String key, DeserializationContext context)
        throws JsonMappingException {
      throw new Refused(context.getParser(), type);
    }
  }

  /**
   * Loads no class that a message names ({@code @JsonTypeInfo(use = CLASS)}): the application may
   * set a validator of its own.
   */
  static final class NoClassNames extends PolymorphicTypeValidator.Base {
    private static final long serialVersionUID = 1L;

    @Override
    public Validity validateSubClassName(MapperConfig<?> config, JavaType base, String name) {
      return Validity.DENIED;
    }
  }
}
