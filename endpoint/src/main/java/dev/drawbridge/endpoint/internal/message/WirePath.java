package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import java.lang.reflect.Array;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The way of a broken rule as the client knows it: a rule names Java's members, the client sent
 * those of JSON. Goes along the data and its text at once.
 */
final class WirePath {
  private final JsonMapper mapper;
  private final StringBuilder pointer = new StringBuilder("/data");

  /** Where the way has come to in the data; null when it cannot be followed there. */
  private @Nullable Object at;

  /** The same in the text. */
  private @Nullable JsonText json;

  private WirePath(JsonMapper mapper, Object data, JsonText json) {
    this.mapper = mapper;
    this.at = data;
    this.json = json;
  }

  static WirePath of(JsonMapper mapper, Object data, JsonText json, Path path) {
    WirePath way = new WirePath(mapper, data, json);
    for (Path.Node node : path) {
      if (node.isInIterable()) {
        way.into(node);
      }
      // Elements of containers have names such as <list element>, which no JSON member has.
      if (node.getKind() == ElementKind.PROPERTY) {
        way.member(String.valueOf(node.getName()));
      }
    }
    return way;
  }

  /** JSON pointer from the frame. */
  String pointer() {
    return pointer.toString();
  }

  /** What stands there, null when nothing does. */
  @Nullable JsonText json() {
    return json;
  }

  private void into(Path.Node node) {
    unwrap();
    if (node.getIndex() != null) {
      int index = node.getIndex();
      pointer.append('/').append(index);
      at = item(at, index);
      json = json == null || index >= json.items().size() ? null : json.items().get(index);
    } else if (node.getKey() != null) {
      String key = String.valueOf(node.getKey());
      pointer.append('/').append(PayloadFaults.escape(key));
      at = at instanceof Map<?, ?> map ? map.get(node.getKey()) : null;
      json = json == null ? null : json.members().get(key);
    } else {
      at = null;
      json = null;
    }
  }

  private void member(String javaName) {
    unwrap();
    BeanPropertyDefinition member = at == null ? null : find(at, javaName);
    String name = member == null ? javaName : Members.nameIn(json, member);
    pointer.append('/').append(PayloadFaults.escape(name));
    at = member == null ? null : value(at, member);
    json = json == null ? null : json.members().get(name);
  }

  private @Nullable BeanPropertyDefinition find(Object bean, String javaName) {
    for (BeanPropertyDefinition member :
        Members.of(mapper, mapper.constructType(bean.getClass()))) {
      if (member.getInternalName().equals(javaName)) {
        return member;
      }
    }
    return null;
  }

  private static @Nullable Object value(@Nullable Object bean, BeanPropertyDefinition member) {
    AnnotatedMember accessor = member.getAccessor();
    try {
      if (accessor == null || bean == null) {
        return null;
      }
      accessor.fixAccess(true);
      return accessor.getValue(bean);
    } catch (RuntimeException e) {
      // Then the rest of the way has the names of Java.
      return null;
    }
  }

  private static @Nullable Object item(@Nullable Object container, int index) {
    if (container instanceof List<?> list) {
      return index < list.size() ? list.get(index) : null;
    }
    boolean array = container != null && container.getClass().isArray();
    return array && index < Array.getLength(container) ? Array.get(container, index) : null;
  }

  private void unwrap() {
    if (at instanceof Optional<?> optional) {
      at = optional.orElse(null);
    }
  }
}
