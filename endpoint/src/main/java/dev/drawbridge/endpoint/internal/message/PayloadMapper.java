package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.ConstructorDetector;
import com.fasterxml.jackson.databind.cfg.MutableCoercionConfig;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.deser.ValueInstantiator;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.AnnotatedMethod;
import com.fasterxml.jackson.databind.introspect.AnnotatedParameter;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.drawbridge.endpoint.internal.message.bind.ExactJsonFactory;
import dev.drawbridge.endpoint.internal.message.bind.StrictTypes;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedArrayType;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.RecordComponent;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How data becomes Java and back: nothing is guessed, nothing is converted, and a record component
 * is required unless it is {@code Optional} or marked {@code @Nullable}.
 */
final class PayloadMapper {
  /** Deepest nesting, with the envelope as 1. */
  static final int MAX_DEPTH = 32;

  /** Longest number in digits: reading a longer one takes more than linear time. */
  static final int MAX_NUMBER_LENGTH = 1000;

  private PayloadMapper() {}

  /** A mapper to be changed by the application before it is built. */
  static JsonMapper.Builder builder() {
    JsonMapper.Builder builder =
        JsonMapper.builder(factory())
            .addModule(new JavaTimeModule())
            .addModule(new Jdk8Module())
            .annotationIntrospector(new RequiredComponents())
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(DeserializationFeature.READ_DATE_TIMESTAMPS_AS_NANOSECONDS)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            // No class is made of a text or a number but by its own word.
            .constructorDetector(ConstructorDetector.DEFAULT.withRequireAnnotation(true))
            .defaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.FAIL))
            // Times are epoch milliseconds everywhere in the protocol.
            .enable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .disable(SerializationFeature.WRITE_DATE_TIMESTAMPS_AS_NANOSECONDS)
            .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);
    builder.addHandler(new NoCreator());
    builder.withCoercionConfigDefaults(PayloadMapper::refuseAll);
    builder.withCoercionConfig(LogicalType.Textual, PayloadMapper::refuseAll);
    StrictTypes.addTo(builder);
    return builder;
  }

  private static void refuseAll(MutableCoercionConfig config) {
    for (CoercionInputShape shape : CoercionInputShape.values()) {
      config.setCoercion(shape, CoercionAction.Fail);
    }
  }

  /** True if null may stand inside of a list, map or array: its items take null by themselves. */
  static boolean takesNullInside(JavaType container) {
    JavaType item = container;
    while (item.isContainerType()) {
      item = item.getContentType();
    }
    return item.isReferenceType()
        || item.isJavaLangObject()
        || JsonNode.class == item.getRawClass();
  }

  /** Strict for reading: a fault stops it, and {@link JsonCheck} then finds out which. */
  private static JsonFactory factory() {
    JsonFactoryBuilder builder = new JsonFactoryBuilder();
    builder
        // Not the thread-local one: container threads would keep the application's classes.
        .recyclerPool(JsonRecyclerPools.newConcurrentDequePool())
        // Names come from strangers: neither interned nor kept in a table that they could fill.
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxNumberLength(MAX_NUMBER_LENGTH)
                .maxNameLength(Integer.MAX_VALUE)
                .build());
    return new ExactJsonFactory(builder);
  }

  /** Text or a number where a class has no way to be made of it: that is wrong with the data. */
  private static final class NoCreator extends DeserializationProblemHandler {
    @Override
    public Object handleMissingInstantiator(
        DeserializationContext context,
        Class<?> type,
        @Nullable ValueInstantiator instantiator,
        JsonParser parser,
        String message)
        throws IOException {
      if (parser.currentToken().isScalarValue()) {
        throw MismatchedInputException.from(parser, type, "no creator for such a value");
      }
      return NOT_HANDLED;
    }
  }

  /** Makes components required, and refuses null for them. */
  private static final class RequiredComponents extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;
    private static final Set<Class<?>> OPTIONAL =
        Set.of(Optional.class, OptionalInt.class, OptionalLong.class, OptionalDouble.class);

    @Override
    public @Nullable Boolean hasRequiredMarker(AnnotatedMember member) {
      Boolean marked = super.hasRequiredMarker(member);
      if (marked != null) {
        return marked;
      }
      RecordComponent component = component(member);
      return component == null ? null : !isOptional(component, member);
    }

    /** A static method of one argument makes nothing, whatever its name, unless it says so. */
    @Override
    public boolean hasIgnoreMarker(AnnotatedMember member) {
      return super.hasIgnoreMarker(member)
          || (member instanceof AnnotatedMethod method
              && method.isStatic()
              && !method.hasAnnotation(JsonCreator.class));
    }

    @Override
    public JsonSetter.Value findSetterInfo(Annotated annotated) {
      JsonSetter.Value info = super.findSetterInfo(annotated);
      if (!info.equals(JsonSetter.Value.empty())) {
        return info;
      }
      RecordComponent component = component(annotated);
      boolean required = component != null && !takesNull(component, annotated);
      return JsonSetter.Value.construct(
          required ? Nulls.FAIL : null, takesNullInside(annotated, component) ? Nulls.SET : null);
    }

    private static boolean takesNullInside(
        Annotated annotated, @Nullable RecordComponent component) {
      JavaType type = annotated.getType();
      if (type.isReferenceType()) {
        type = type.getReferencedType();
      }
      return type != null
          && type.isContainerType()
          && (PayloadMapper.takesNullInside(type)
              || (component != null && isNullableInside(component.getAnnotatedType())));
    }

    private static boolean isNullableInside(AnnotatedType type) {
      if (type instanceof AnnotatedArrayType array) {
        AnnotatedType item = array.getAnnotatedGenericComponentType();
        return isNullable(item.getAnnotations()) || isNullableInside(item);
      }
      if (type instanceof AnnotatedParameterizedType parameterized) {
        for (AnnotatedType argument : parameterized.getAnnotatedActualTypeArguments()) {
          if (isNullable(argument.getAnnotations()) || isNullableInside(argument)) {
            return true;
          }
        }
      }
      return false;
    }

    private static @Nullable RecordComponent component(Annotated annotated) {
      if (annotated instanceof AnnotatedParameter parameter
          && parameter.getDeclaringClass().isRecord()) {
        RecordComponent[] components = parameter.getDeclaringClass().getRecordComponents();
        return parameter.getIndex() < components.length
                && parameter.getOwner().getParameterCount() == components.length
            ? components[parameter.getIndex()]
            : null;
      }
      return null;
    }

    /** Any JSON may be null, yet it must be there. */
    private static boolean takesNull(RecordComponent component, Annotated annotated) {
      return JsonNode.class == annotated.getRawType() || isOptional(component, annotated);
    }

    private static boolean isOptional(RecordComponent component, Annotated annotated) {
      return OPTIONAL.contains(annotated.getRawType())
          || isNullable(component.getAnnotations())
          || isNullable(component.getAnnotatedType().getAnnotations());
    }

    /** Any of the many annotations of that name, as other tools read them too. */
    private static boolean isNullable(Annotation[] annotations) {
      for (Annotation annotation : annotations) {
        if (annotation.annotationType().getSimpleName().equals("Nullable")) {
          return true;
        }
      }
      return false;
    }
  }
}
