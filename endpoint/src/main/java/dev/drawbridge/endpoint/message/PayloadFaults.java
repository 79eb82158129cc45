package dev.drawbridge.endpoint.message;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.util.ClassUtil;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
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
  static List<Detail> of(JsonMapper mapper, Class<?> dataClass, String json) {
    PayloadFaults faults = new PayloadFaults(mapper);
    try {
      faults.collect(mapper.constructType(dataClass), mapper.readTree(json), "/data");
    } catch (IOException | RuntimeException e) {
      faults.add("/data", expected(dataClass), "something else");
    }
    if (faults.details.isEmpty()) {
      // Each member fits, all of them together do not: the record's own constructor refused.
      faults.add("/data", "data that its record accepts", "something else");
    }
    return List.copyOf(faults.details.values());
  }

  private void collect(JavaType type, JsonNode node, String path) {
    if (details.size() >= MAX_DETAILS) {
      return;
    }
    if (type.isReferenceType() && !node.isNull()) {
      collect(type.getReferencedType(), node, path);
    } else if (type.getRawClass().isRecord() && node.isObject()) {
      members(type, node, path);
    } else if ((type.isCollectionLikeType() || type.isArrayType()) && node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        collect(type.getContentType(), node.get(i), path + "/" + i);
      }
    } else {
      value(type, node, path);
    }
  }

  private void members(JavaType type, JsonNode node, String path) {
    DeserializationConfig config = mapper.getDeserializationConfig();
    BeanDescription description = config.introspect(type);
    Set<String> known = new HashSet<>();
    for (BeanPropertyDefinition property : description.findProperties()) {
      known.add(property.getName());
      JsonNode member = node.get(property.getName());
      String memberPath = path + "/" + escape(property.getName());
      if (member != null && !(member.isNull() && !property.isRequired())) {
        if (member.isNull() && !JsonNode.class.isAssignableFrom(property.getRawPrimaryType())) {
          add(memberPath, expected(property.getRawPrimaryType()), JsonKind.NULL.word());
        } else {
          collect(property.getPrimaryType(), member, memberPath);
        }
      } else if (member == null && property.isRequired()) {
        add(memberPath, expected(property.getRawPrimaryType()), JsonKind.ABSENT.word());
      }
    }
    boolean ignoresUnknown =
        config
            .getDefaultPropertyIgnorals(type.getRawClass(), description.getClassInfo())
            .getIgnoreUnknown();

    for (Map.Entry<String, JsonNode> member : node.properties()) {
      if (!ignoresUnknown && !known.contains(member.getKey())) {
        add(path + "/" + escape(member.getKey()), "no such member", kind(member.getValue()));
      }
    }
  }

  private void value(JavaType type, JsonNode node, String path) {
    try {
      mapper.readerFor(type).readValue(node);
    } catch (JsonMappingException e) {
      StringBuilder pointer = new StringBuilder(path);
      JsonNode at = node;
      for (JsonMappingException.Reference reference : e.getPath()) {
        String name = reference.getFieldName();
        pointer.append('/').append(name == null ? reference.getIndex() : escape(name));
        at = name == null ? at.path(reference.getIndex()) : at.path(name);
      }
      Class<?> target = e instanceof MismatchedInputException m ? m.getTargetType() : null;
      add(pointer.toString(), expected(target == null ? type.getRawClass() : target), kind(at));
    } catch (IOException | RuntimeException e) {
      add(path, expected(type.getRawClass()), kind(node));
    }
  }

  private void add(String path, String expected, String actual) {
    if (details.size() < MAX_DETAILS) {
      // Member names come from the client; an error must not grow with them.
      String cut =
          path.length() <= MAX_POINTER_LENGTH ? path : path.substring(0, MAX_POINTER_LENGTH) + "…";
      details.putIfAbsent(cut, new Detail(cut, expected, actual));
    }
  }

  private static String kind(JsonNode node) {
    return (switch (node.getNodeType()) {
          case OBJECT, POJO -> JsonKind.OBJECT;
          case ARRAY -> JsonKind.ARRAY;
          case STRING, BINARY -> JsonKind.STRING;
          case NUMBER -> JsonKind.NUMBER;
          case BOOLEAN -> JsonKind.BOOLEAN;
          case NULL -> JsonKind.NULL;
          case MISSING -> JsonKind.ABSENT;
        })
        .word();
  }

  static String escape(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }

  /** What a Java class looks like in JSON, in words. */
  static String expected(@Nullable Class<?> target) {
    if (target == null) {
      return "a value that fits";
    }
    Class<?> type = target.isPrimitive() ? ClassUtil.wrapperType(target) : target;
    if (type == String.class || type == Character.class) {
      return "string";
    } else if (type == Boolean.class) {
      return "boolean";
    } else if (type == Float.class || type == Double.class || type == BigDecimal.class) {
      return "number";
    } else if (Number.class.isAssignableFrom(type)) {
      return "integer";
    } else if (type == Instant.class || type == Date.class) {
      return "epoch milliseconds";
    } else if (type == Duration.class) {
      return "milliseconds";
    } else if (type.isEnum()) {
      return "one of " + List.of(type.getEnumConstants());
    } else if (type.isArray() || Iterable.class.isAssignableFrom(type)) {
      return "array";
    } else if (type.getName().startsWith("java.time") || type == UUID.class) {
      return "string";
    }
    return "object";
  }
}
