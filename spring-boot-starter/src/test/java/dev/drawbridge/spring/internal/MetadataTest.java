package dev.drawbridge.spring.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.settings.DevMode;
import dev.drawbridge.filters.settings.Setting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What editors complete in application.properties: made from {@link Setting} and {@link
 * StarterKey}. {@code -Dmetadata.write=true} writes it.
 */
class MetadataTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FILE =
      Path.of("src/main/resources/META-INF/spring-configuration-metadata.json");

  @Test
  void metadataIsWhatTheSettingsSay() throws Exception {
    String made = made();

    if (Boolean.getBoolean("metadata.write")) {
      Files.writeString(FILE, made);
    }

    assertThat(Files.readString(FILE)).isEqualTo(made);
  }

  @Test
  void eachNameStandsOnceWithItsGroup() throws Exception {
    JsonNode metadata = JSON.readTree(Files.readString(FILE));

    Set<String> names = new TreeSet<>();
    metadata.path("properties").forEach(property -> names.add(property.path("name").asText()));
    Set<String> groups = new HashSet<>();
    metadata.path("groups").forEach(group -> groups.add(group.path("name").asText()));

    assertThat(names).containsExactlyElementsOf(new TreeSet<>(PropertyNames.all()));
    assertThat(names).allMatch(name -> groups.contains(name.substring(0, name.lastIndexOf('.'))));
  }

  private static String made() throws Exception {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode groups = root.putArray("groups");
    ArrayNode properties = root.putArray("properties");
    ArrayNode hints = root.putArray("hints");
    Set<String> seen = new TreeSet<>();
    for (String name : PropertyNames.all()) {
      seen.add(name.substring(0, name.lastIndexOf('.')));
    }
    seen.forEach(name -> groups.addObject().put("name", name));
    for (StarterKey key : StarterKey.values()) {
      ObjectNode property = properties.addObject();
      property.put("name", key.property()).put("type", key.type());
      property.put("description", sentence(key.meaning()));
      if (key.standard() != null) {
        put(property, key.type(), key.standard());
      }
    }
    for (Setting setting : Setting.values()) {
      String name = PropertyNames.of(setting);
      ObjectNode property = properties.addObject();
      property.put("name", name).put("type", type(setting));
      String inDevelopment = setting.defaultValue(DevMode.DEVELOPMENT);
      String inProduction = setting.defaultValue(DevMode.PRODUCTION);
      property.put("description", description(setting, inDevelopment, inProduction));
      if (inProduction != null) {
        put(property, type(setting), inProduction);
      }
      if (!setting.words().isEmpty()) {
        ArrayNode values = hints.addObject().put("name", name).putArray("values");
        setting.words().forEach(word -> values.addObject().put("value", word));
      }
    }
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
  }

  /** As the value that it is, where JSON has one for it. */
  private static void put(ObjectNode property, String type, String standard) {
    switch (type) {
      case "java.lang.Boolean" -> property.put("defaultValue", Boolean.parseBoolean(standard));
      case "java.lang.Integer" -> property.put("defaultValue", Integer.parseInt(standard));
      default -> property.put("defaultValue", standard);
    }
  }

  private static String description(Setting setting, String inDevelopment, String inProduction) {
    StringBuilder text = new StringBuilder(sentence(PropertyNames.translated(setting.meaning())));
    if (!setting.range().isEmpty()
        && setting.words().isEmpty()
        && setting.kind() != Setting.Kind.FLAG) {
      text.append(" Values: ").append(setting.range()).append('.');
    }
    if (inDevelopment != null && !inDevelopment.equals(inProduction)) {
      text.append(" In dev mode ").append(inDevelopment).append(" by default.");
    }
    return text.toString();
  }

  /** Editors show plain text, and the first sentence alone in lists. */
  private static String sentence(String meaning) {
    String plain = meaning.replace("`", "");
    return Character.toUpperCase(plain.charAt(0)) + plain.substring(1) + ".";
  }

  private static String type(Setting setting) {
    return switch (setting.kind()) {
      case FLAG -> "java.lang.Boolean";
      case LIST -> "java.util.List<java.lang.String>";
      case NUMBER -> "java.lang.Integer";
      case DURATION -> "java.time.Duration";
      case TEXT, SECRET, CHOICE -> "java.lang.String";
    };
  }

  @Test
  void autoConfigurationsAreAllListed() throws Exception {
    Path list =
        Path.of(
            "src/main/resources/META-INF/spring/org.springframework.boot.autoconfigure.AutoConfiguration.imports");
    Path sources = Path.of("src/main/java/dev/drawbridge/spring/internal");

    List<String> listed = Files.readAllLines(list);
    List<String> there;
    try (var files = Files.list(sources)) {
      there =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith("AutoConfiguration.java"))
              .map(name -> "dev.drawbridge.spring.internal." + name.replace(".java", ""))
              .sorted()
              .toList();
    }

    assertThat(listed).isEqualTo(there);
  }
}
