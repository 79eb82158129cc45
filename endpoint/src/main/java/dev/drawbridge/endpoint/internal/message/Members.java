package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.PropertyName;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the members of a Java class are called in JSON. Stateless. */
final class Members {
  private Members() {}

  static List<BeanPropertyDefinition> of(JsonMapper mapper, JavaType type) {
    return mapper.getDeserializationConfig().introspect(type).findProperties();
  }

  /** The name that stands in the text: the member's own, or one of its aliases. */
  static String nameIn(@Nullable JsonText json, BeanPropertyDefinition member) {
    if (json == null || json.members().containsKey(member.getName())) {
      return member.getName();
    }
    for (String alias : aliases(member)) {
      if (json.members().containsKey(alias)) {
        return alias;
      }
    }
    return member.getName();
  }

  static List<String> aliases(BeanPropertyDefinition member) {
    List<String> names = new ArrayList<>();
    for (PropertyName alias : member.findAliases()) {
      names.add(alias.getSimpleName());
    }
    return names;
  }

  /** True if members that the class does not know are left out, not refused. */
  static boolean ignoresUnknown(JsonMapper mapper, JavaType type) {
    DeserializationConfig config = mapper.getDeserializationConfig();
    BeanDescription description = config.introspect(type);
    return config
            .getDefaultPropertyIgnorals(type.getRawClass(), description.getClassInfo())
            .getIgnoreUnknown()
        || description.findAnySetterAccessor() != null;
  }

  /** Names that are left out although the others would be refused. */
  static boolean isIgnored(JsonMapper mapper, JavaType type, String name) {
    DeserializationConfig config = mapper.getDeserializationConfig();
    BeanDescription description = config.introspect(type);
    return description.getIgnoredPropertyNames().contains(name)
        || config
            .getDefaultPropertyIgnorals(type.getRawClass(), description.getClassInfo())
            .findIgnoredForDeserialization()
            .contains(name);
  }
}
