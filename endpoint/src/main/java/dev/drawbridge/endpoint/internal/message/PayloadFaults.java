package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidDefinitionException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.introspect.AnnotatedWithParams;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.util.ClassUtil;
import dev.drawbridge.endpoint.internal.message.bind.StrictTypes;
import dev.drawbridge.endpoint.internal.message.bind.Unfit;
import java.io.IOException;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds everything that keeps data from being bound, where the binding itself stops at the first
 * problem: binds each member of each record on its own. Used only after binding has failed.
 */
final class PayloadFaults {
  /** Enough for a person; a message can hold thousands of problems. */
  static final int MAX_DETAILS = 16;

  private static final int MAX_POINTER_LENGTH = 200;

  private final JsonMapper mapper;
  private final Map<String, Detail> details = new LinkedHashMap<>();

  private PayloadFaults(JsonMapper mapper) {
    this.mapper = mapper;
  }

  /**
   * Collects the problems.
   *
   * @param json the data's own text, known to be JSON
   * @return one detail per problem, 1 to {@value #MAX_DETAILS}
   */
  static List<Detail> of(JsonMapper mapper, JavaType type, String json) throws IOException {
    PayloadFaults faults = new PayloadFaults(mapper);
    faults.collect(type, JsonText.read(mapper.getFactory(), json), "/data");
    if (faults.details.isEmpty()) {
      faults.add("/data", "data that its record accepts", "something else");
    }
    return List.copyOf(faults.details.values());
  }

  /**
   * What the application's own code threw while data was bound, which is its fault and not that of
   * the data; null for what says that the data does not fit: all that Jackson says itself, and
   * {@code IllegalArgumentException} and {@code DateTimeException} of a constructor, a setter or a
   * deserializer.
   */
  static @Nullable Throwable foreign(Throwable thrown) {
    Throwable cause = thrown;
    while (cause instanceof JacksonException && cause.getCause() != null) {
      if (cause instanceof InvalidDefinitionException) {
        return cause;
      }
      cause = cause.getCause();
    }
    boolean refused =
        cause instanceof IllegalArgumentException
            || cause instanceof DateTimeException
            || (cause instanceof IOException && !(cause instanceof InvalidDefinitionException));
    return refused ? null : cause;
  }

  private void collect(JavaType type, JsonText json, String path) {
    if (details.size() >= MAX_DETAILS) {
      return;
    }
    int before = details.size();
    if (type.isReferenceType()
        && json.kind() != JsonKind.NULL
        && StrictTypes.words(type.getRawClass()) == null) {
      collect(type.getReferencedType(), json, path);
    } else if (type.getRawClass().isRecord() && json.kind() == JsonKind.OBJECT) {
      members(type, json, path);
    } else if ((type.isCollectionLikeType() || type.isArrayType())
        && json.kind() == JsonKind.ARRAY) {
      for (int i = 0; i < json.items().size(); i++) {
        content(type.getContentType(), json.items().get(i), path + "/" + i);
      }
    } else if (type.isMapLikeType() && json.kind() == JsonKind.OBJECT) {
      json.members()
          .forEach(
              (name, value) -> content(type.getContentType(), value, path + "/" + escape(name)));
    }
    if (details.size() == before) {
      // Its parts fit, or it has none: then it is the whole that does not, or nothing is wrong.
      value(type, json, path);
    }
  }

  /** Null inside is for the whole to judge, which knows the annotations. */
  private void content(JavaType type, JsonText json, String path) {
    if (json.kind() != JsonKind.NULL) {
      collect(type, json, path);
    }
  }

  private void members(JavaType type, JsonText json, String path) {
    Set<String> known = new HashSet<>();
    for (BeanPropertyDefinition property : Members.of(mapper, type)) {
      known.add(property.getName());
      known.addAll(Members.aliases(property));
      String name = Members.nameIn(json, property);
      JsonText member = json.members().get(name);
      String memberPath = path + "/" + escape(name);
      if (member == null) {
        if (property.isRequired()) {
          add(memberPath, expected(property.getPrimaryType()), JsonKind.ABSENT.word());
        }
      } else if (member.kind() != JsonKind.NULL) {
        if (property.getPrimaryMember() == null
            || !isSpecial(property.getPrimaryMember().getRawType())) {
          collect(property.getPrimaryType(), member, memberPath);
        }
      }
    }
    if (!Members.ignoresUnknown(mapper, type)) {
      json.members()
          .forEach(
              (name, value) -> {
                if (!known.contains(name) && !Members.isIgnored(mapper, type, name)) {
                  add(path + "/" + escape(name), "no such member", value.kind().word());
                }
              });
    }
  }

  /** A type that is read by rules that only its whole knows. */
  private static boolean isSpecial(Class<?> type) {
    return type.isAnnotationPresent(JsonTypeInfo.class);
  }

  private void value(JavaType type, JsonText json, String path) {
    try {
      mapper.readerFor(type).readValue(json.text());
    } catch (JsonMappingException e) {
      StringBuilder pointer = new StringBuilder(path);
      JsonText at = json;
      for (JsonMappingException.Reference reference : e.getPath()) {
        String name = reference.getFieldName();
        if (name == null && reference.getIndex() < 0) {
          continue;
        }
        pointer.append('/').append(name == null ? reference.getIndex() : escape(name));
        at = at == null ? null : part(at, name, reference.getIndex());
      }
      String actual = (at == null ? JsonKind.ABSENT : at.kind()).word();
      add(pointer.toString(), expected(e, type), actual);
    } catch (IOException | RuntimeException e) {
      add(path, expected(type), json.kind().word());
    }
  }

  private static @Nullable JsonText part(JsonText json, @Nullable String name, int index) {
    if (name != null) {
      return json.members().get(name);
    }
    return index < json.items().size() ? json.items().get(index) : null;
  }

  private String expected(JsonMappingException e, JavaType type) {
    if (e instanceof Unfit unfit && !unfit.getTargetType().isEnum()) {
      return unfit.expected();
    } else if (e instanceof UnrecognizedPropertyException) {
      return "no such member";
    }
    Class<?> target = e instanceof MismatchedInputException m ? m.getTargetType() : null;
    JavaType wanted = target == null ? type : mapper.constructType(target);
    return e.getCause() == null ? expected(wanted) : "data that its record accepts";
  }

  private void add(String path, String expected, String actual) {
    if (details.size() < MAX_DETAILS) {
      String cut = cut(path);
      details.putIfAbsent(cut, new Detail(cut, expected, actual));
    }
  }

  /** Member names come from the client; an error must not grow with them. */
  static String cut(String path) {
    if (path.length() <= MAX_POINTER_LENGTH) {
      return path;
    }
    // Never inside of a character.
    boolean inside = Character.isHighSurrogate(path.charAt(MAX_POINTER_LENGTH - 1));
    return path.substring(0, inside ? MAX_POINTER_LENGTH - 1 : MAX_POINTER_LENGTH) + "…";
  }

  static String escape(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }

  private String expected(JavaType type) {
    return expected(mapper, type);
  }

  /** What a Java type looks like in JSON, in words. */
  static String expected(JsonMapper mapper, JavaType type) {
    if (type.isReferenceType() && StrictTypes.words(type.getRawClass()) == null) {
      return expected(mapper, type.getReferencedType());
    }
    Class<?> raw = type.getRawClass();
    JavaType whole = raw.isEnum() ? null : single(mapper, type);
    if (whole != null) {
      return expected(mapper, whole);
    }
    String words = StrictTypes.words(raw);
    if (words != null) {
      return words;
    } else if (CharSequence.class.isAssignableFrom(raw)) {
      return "string";
    } else if (type.isEnumType()) {
      return "one of " + names(mapper, ClassUtil.findEnumType(raw));
    } else if (type.isArrayType() || Iterable.class.isAssignableFrom(raw)) {
      return "array";
    } else if (raw.getName().startsWith("java.") && !type.isMapLikeType()) {
      return "string";
    }
    return "object";
  }

  /** Of what a class is made whose creator takes a value as a whole; null for the others. */
  private static @Nullable JavaType single(JsonMapper mapper, JavaType type) {
    BeanDescription description = mapper.getDeserializationConfig().introspect(type);
    List<AnnotatedWithParams> creators = new ArrayList<>(description.getConstructors());
    creators.addAll(description.getFactoryMethods());
    for (AnnotatedWithParams creator : creators) {
      JsonCreator marker = creator.getAnnotation(JsonCreator.class);
      if (marker != null
          && marker.mode() == JsonCreator.Mode.DELEGATING
          && creator.getParameterCount() == 1
          && !creator.getParameterType(0).hasRawClass(type.getRawClass())) {
        return creator.getParameterType(0);
      }
    }
    return null;
  }

  /** The constants as they stand in JSON. */
  private static List<String> names(JsonMapper mapper, Class<?> type) {
    return java.util.Arrays.stream(type.getEnumConstants())
        .map(
            constant -> {
              try {
                return mapper.valueToTree(constant).asText();
              } catch (IllegalArgumentException e) {
                return ((Enum<?>) constant).name();
              }
            })
        .toList();
  }
}
