package dev.drawbridge.bench.load.server;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Arguments of the form {@code --name value}. Immutable. */
public record Arguments(Map<String, String> values) {

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException if they do not come in pairs
   */
  public static Arguments parse(String... args) {
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      if (!args[i].startsWith("--") || i + 1 == args.length) {
        throw new IllegalArgumentException("arguments must be pairs of --name value: " + args[i]);
      }
      values.put(args[i].substring(2), args[i + 1]);
    }
    return new Arguments(Map.copyOf(values));
  }

  /** The value of a name, or the other one when it is not given. */
  public @Nullable String text(String name, @Nullable String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  /**
   * The value of a name.
   *
   * @throws IllegalArgumentException if it is not given
   */
  public String required(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("an argument is required: --" + name);
    }
    return value;
  }

  /** The value of a name as a number. */
  public int number(String name, int otherwise) {
    String value = values.get(name);
    return value == null ? otherwise : Integer.parseInt(value);
  }
}
