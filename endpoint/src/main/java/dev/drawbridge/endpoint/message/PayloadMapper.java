package dev.drawbridge.endpoint.message;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.AnnotatedParameter;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.lang.annotation.Annotation;
import java.lang.reflect.RecordComponent;
import java.util.Optional;
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
            // Times are epoch milliseconds everywhere in the protocol.
            .enable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .enable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .disable(SerializationFeature.WRITE_DATE_TIMESTAMPS_AS_NANOSECONDS)
            .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS);
    builder.withCoercionConfig(
        LogicalType.Textual,
        config ->
            config
                .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail));
    return builder;
  }

  /** Strict for reading: a fault stops it, and {@link JsonCheck} then finds out which. */
  private static JsonFactory factory() {
    return JsonFactory.builder()
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
                .build())
        .build();
  }

  /** Makes components required, and refuses null for them. */
  private static final class RequiredComponents extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public @Nullable Boolean hasRequiredMarker(AnnotatedMember member) {
      Boolean marked = super.hasRequiredMarker(member);
      if (marked != null) {
        return marked;
      }
      RecordComponent component = component(member);
      return component == null ? null : !isOptional(component);
    }

    @Override
    public JsonSetter.Value findSetterInfo(Annotated annotated) {
      JsonSetter.Value info = super.findSetterInfo(annotated);
      RecordComponent component = component(annotated);
      return info.equals(JsonSetter.Value.empty()) && component != null && !isOptional(component)
          ? JsonSetter.Value.forValueNulls(Nulls.FAIL)
          : info;
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

    private static boolean isOptional(RecordComponent component) {
      return component.getType() == Optional.class
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
