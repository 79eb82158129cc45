package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.internal.message.bind.StrictTypes;
import dev.drawbridge.endpoint.internal.receive.EndpointDefinition;
import dev.drawbridge.endpoint.internal.receive.EndpointDefinition.Builder.ChannelTypes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * An endpoint's message types as the interface map of the TypeScript client, so that a renamed type
 * breaks the build of the page that uses it; with rules for channels, that of its channels, too.
 * The payloads' own interfaces come from a generator that reads the records; this map imports them
 * by their simple names. For a step of a build.
 */
public final class MessageMap {
  private MessageMap() {}

  /**
   * The declaration file's text, the same for the same registrations.
   *
   * @param configure what the servlet's {@code configure} registers; no handler is called
   * @param payloads the module that exports the payloads' interfaces, such as {@code ./payloads}
   */
  public static String typeScript(Consumer<Endpoint.Builder> configure, String payloads) {
    EndpointDefinition.Builder builder = new EndpointDefinition.Builder();
    configure.accept(builder);
    Set<String> imports = new TreeSet<>();
    Map<String, List<String>> members = new TreeMap<>();
    builder
        .received()
        .forEach((type, dataClass) -> add(members, type, "send: " + name(dataClass, imports)));
    builder
        .received()
        .keySet()
        .forEach(
            type ->
                add(
                    members,
                    type,
                    "ack: " + name(builder.acks().getOrDefault(type, Object.class), imports)));
    builder
        .pushed()
        .forEach((type, dataClass) -> add(members, type, "receive: " + name(dataClass, imports)));
    String channels = channels(builder, imports);
    StringBuilder text = new StringBuilder("// Generated from the endpoint's registrations.\n");
    text.append("import type { ").append(String.join(", ", imports)).append(" } from '");
    text.append(payloads).append("';\n\ndeclare module '@drawbridge/client' {\n");
    text.append("  interface DrawbridgeMessages {\n");
    members.forEach(
        (type, sides) ->
            text.append("    '")
                .append(type)
                .append("': { ")
                .append(String.join("; ", sides))
                .append(" };\n"));
    return text.append("  }\n}\n").append(channels).toString();
  }

  /** What is said in channels, by the prefixes of their rules; empty when there is no rule. */
  private static String channels(EndpointDefinition.Builder builder, Set<String> imports) {
    Map<String, ChannelTypes> byPrefix = new TreeMap<>(builder.channelTypes());
    if (byPrefix.isEmpty()) {
      return "";
    }
    // The own channel of a user has no rule: what the application sends to somebody is what
    // arrives.
    byPrefix.put("~", new ChannelTypes(Map.of(), builder.pushed()));
    StringBuilder text =
        new StringBuilder(
            "\ndeclare module '@drawbridge/client/channels' {\n  interface DrawbridgeChannels {\n");
    byPrefix.forEach(
        (prefix, types) -> {
          text.append("    '").append(prefix).append("': {");
          Map<String, List<String>> members = new TreeMap<>();
          types
              .published()
              .forEach((type, data) -> add(members, type, "publish: " + name(data, imports)));
          types
              .arriving()
              .forEach((type, data) -> add(members, type, "receive: " + name(data, imports)));
          members.forEach(
              (type, sides) ->
                  text.append("\n      '")
                      .append(type)
                      .append("': { ")
                      .append(String.join("; ", sides))
                      .append(" };"));
          text.append(members.isEmpty() ? "};\n" : "\n    };\n");
        });
    return text.append("  }\n}\n").toString();
  }

  /**
   * Writes {@link #typeScript} to a file, whose folder is created.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  public static void write(Consumer<Endpoint.Builder> configure, String payloads, Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, typeScript(configure, payloads));
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  private static void add(Map<String, List<String>> members, String type, String member) {
    members.computeIfAbsent(type, key -> new ArrayList<>()).add(member);
  }

  private static String name(Class<?> dataClass, Set<String> imports) {
    if (dataClass == Void.class) {
      return "null";
    }
    if (dataClass.isArray() && StrictTypes.kind(dataClass) == StrictTypes.Kind.ARRAY) {
      return name(dataClass.getComponentType(), imports) + "[]";
    }
    switch (StrictTypes.kind(dataClass)) {
      case NUMBER -> {
        return "number";
      }
      case STRING -> {
        return "string";
      }
      case BOOLEAN -> {
        return "boolean";
      }
      case ARRAY -> {
        return "unknown[]";
      }
      case MEMBERS -> {
        return "Record<string, unknown>";
      }
      case ANY -> {
        return "unknown";
      }
      case OBJECT -> {
        // The application's own: its interface has its name.
      }
    }
    imports.add(dataClass.getSimpleName());
    return dataClass.getSimpleName();
  }
}
