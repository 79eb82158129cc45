package dev.drawbridge.dropin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.Yaml;

/** The files of {@code deploy}, as what they are. */
final class Deployment {
  static final Path FILES = Path.of("..", "deploy").toAbsolutePath().normalize();

  private Deployment() {}

  /**
   * One line of a Dockerfile.
   *
   * @param word its instruction
   * @param rest what stands behind it, on one line
   */
  record Instruction(String word, String rest) {
    /** A list in the form that no shell reads. */
    List<String> list() {
      return strings(new Yaml().load(rest));
    }
  }

  static String read(String file) {
    try {
      return Files.readString(FILES.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All instructions, in their order. */
  static List<Instruction> dockerfile() {
    String joined =
        read("Dockerfile").replaceAll("(?m)^#.*\n", "").replaceAll("\\s*\\\\\n\\s*", " ");
    return joined
        .lines()
        .filter(line -> !line.isBlank())
        .map(line -> line.split("\\s+", 2))
        .map(parts -> new Instruction(parts[0], parts[1]))
        .toList();
  }

  /** Those behind the last {@code FROM}, and before them those of the stages that it comes from. */
  static List<Instruction> image() {
    List<Instruction> all = dockerfile();
    int last = all.size() - 1;
    while (!all.get(last).word().equals("FROM")) {
      last--;
    }
    String from = all.get(last).rest();
    List<Instruction> image = new ArrayList<>();
    boolean within = false;
    for (Instruction each : all.subList(0, last)) {
      if (each.word().equals("FROM")) {
        within = each.rest().endsWith(" AS " + from);
      }
      if (within) {
        image.add(each);
      }
    }
    image.addAll(all.subList(last + 1, all.size()));
    return image;
  }

  /** The one instruction of the image with this word. */
  static Instruction only(String word) {
    List<Instruction> found = image().stream().filter(each -> each.word().equals(word)).toList();
    if (found.size() != 1) {
      throw new AssertionError(word + ": " + found);
    }
    return found.get(0);
  }

  /** The variables that the image sets. */
  static Map<String, String> variables() {
    Map<String, String> variables = new LinkedHashMap<>();
    for (String each : only("ENV").rest().split(" ", -1)) {
      variables.put(each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
    }
    return variables;
  }

  /** The settings file. */
  static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String line : read("chat.properties").lines().toList()) {
      if (!line.startsWith("#")) {
        settings.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
      }
    }
    return settings;
  }

  /** What the unit says of one word, each time that it says it. */
  static List<String> unit(String word) {
    return read("chat.service")
        .lines()
        .filter(line -> line.startsWith(word + "="))
        .map(line -> line.substring(word.length() + 1))
        .toList();
  }

  /** All objects of the folder of Kubernetes, by their kinds. */
  static Map<String, Object> objects() {
    Map<String, Object> objects = new LinkedHashMap<>();
    for (String file : List.of("settings.yaml", "chat.yaml", "ingress.yaml")) {
      StreamSupport.stream(new Yaml().loadAll(read("kubernetes/" + file)).spliterator(), false)
          .forEach(object -> objects.put((String) at(object, "kind"), object));
    }
    return objects;
  }

  /** What stands in a tree of maps and lists, by names and indexes; null where nothing does. */
  static Object at(Object tree, Object... steps) {
    Object here = tree;
    for (Object step : steps) {
      if (here instanceof List<?> list) {
        here = list.get((Integer) step);
      } else {
        here = here == null ? null : ((Map<?, ?>) here).get(step);
      }
    }
    return here;
  }

  static int number(Object tree, Object... steps) {
    return (Integer) at(tree, steps);
  }

  static List<String> strings(Object list) {
    return ((List<?>) list).stream().map(String.class::cast).toList();
  }
}
