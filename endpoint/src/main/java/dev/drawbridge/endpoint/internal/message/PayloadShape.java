package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;

/** Describes in a few words what JSON a class is bound from, for hints in dev mode. */
final class PayloadShape {
  private static final int MAX_DEPTH = 3;

  private PayloadShape() {}

  /** For example <code>{"to": string, "text": string}</code>. */
  static String of(JsonMapper mapper, JavaType type) {
    return of(mapper, type, 1);
  }

  private static String of(JsonMapper mapper, JavaType type, int depth) {
    if (type.isReferenceType() && type.getReferencedType() != null) {
      return of(mapper, type.getReferencedType(), depth) + " or absent";
    }
    boolean many = type.isCollectionLikeType() || type.isArrayType();
    if (many && !PayloadFaults.expected(mapper, type).startsWith("base64")) {
      return "[" + of(mapper, type.getContentType(), depth) + ", ...]";
    }
    String simple = PayloadFaults.expected(mapper, type);
    if (!simple.equals("object") || !type.getRawClass().isRecord() || depth > MAX_DEPTH) {
      return simple;
    }
    List<BeanPropertyDefinition> properties =
        mapper.getDeserializationConfig().introspect(type).findProperties();
    StringBuilder shape = new StringBuilder("{");
    for (BeanPropertyDefinition property : properties) {
      shape.append(shape.length() > 1 ? ", " : "").append('"').append(property.getName());
      shape.append("\": ").append(of(mapper, property.getPrimaryType(), depth + 1));
    }
    return shape.append('}').toString();
  }
}
