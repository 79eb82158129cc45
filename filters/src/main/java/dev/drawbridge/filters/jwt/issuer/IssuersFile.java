package dev.drawbridge.filters.jwt.issuer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.jwt.issuer.IssuerSettings.Member;
import dev.drawbridge.filters.jwt.jose.StrictJson;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.settings.Nearest;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The file of {@code DRAWBRIDGE_JWT_ISSUERS_FILE}: {@code {"issuers": [{"issuer": "https://…",
 * …}]}} with the members of {@link Member}. Read at the start and by a reload. Stateless.
 */
public final class IssuersFile {

  /** Issuers at most: {@value}. */
  static final int MAX_ISSUERS = 50;

  private static final int MAX_BYTES = 256 * 1024;
  private static final String ISSUERS = "issuers";
  private static final String FILE = Setting.JWT_ISSUERS_FILE.variable();

  private IssuersFile() {}

  /**
   * Reads the file.
   *
   * @param problems gets one sentence for each thing that is wrong with its form
   * @return those entries whose form is right, in their order
   */
  public static List<IssuerSettings> read(String file, List<String> problems) {
    ObjectNode root = root(file, problems);
    List<IssuerSettings> read = new ArrayList<>();
    if (root == null) {
      return read;
    }
    root.fieldNames()
        .forEachRemaining(
            name -> {
              if (!name.equals(ISSUERS)) {
                problems.add(FILE + " must hold the member issuers alone: " + Refusals.shown(name));
              }
            });
    if (!(root.get(ISSUERS) instanceof ArrayNode all)
        || all.isEmpty()
        || all.size() > MAX_ISSUERS) {
      problems.add(FILE + " must hold an array \"issuers\" of 1 to " + MAX_ISSUERS + " objects");
      return read;
    }
    for (int i = 0; i < all.size(); i++) {
      String where = "issuers[" + i + "] of " + FILE;
      if (all.get(i) instanceof ObjectNode entry) {
        IssuerSettings settings = entry(entry, i, problems);
        if (settings != null) {
          read.add(settings);
        }
      } else {
        problems.add(where + " must be an object");
      }
    }
    return read;
  }

  private static @Nullable ObjectNode root(String file, List<String> problems) {
    byte[] content;
    try {
      Path path = Path.of(file);
      if (Settings.isIrregular(path)) {
        problems.add(FILE + " must name a regular file: " + Refusals.shown(file));
        return null;
      }
      try (InputStream in = Files.newInputStream(path)) {
        content = in.readNBytes(MAX_BYTES + 1);
      }
    } catch (InvalidPathException | IOException e) {
      problems.add(
          FILE + " cannot be read (" + e.getClass().getSimpleName() + "): " + Refusals.shown(file));
      return null;
    }
    ObjectNode root = content.length > MAX_BYTES ? null : StrictJson.object(content);
    if (root == null) {
      problems.add(
          FILE
              + " must hold one JSON object in UTF-8 without duplicate members, of at most "
              + MAX_BYTES
              + " bytes");
    }
    return root;
  }

  private static @Nullable IssuerSettings entry(
      ObjectNode entry, int index, List<String> problems) {
    int before = problems.size();
    String where = FILE + ": issuers[" + index + "].";
    Map<Member, List<String>> values = new EnumMap<>(Member.class);
    for (Map.Entry<String, JsonNode> each : entry.properties()) {
      Member member = Member.named(each.getKey());
      if (member == null) {
        problems.add(where + Refusals.shown(each.getKey()) + " is unknown; " + nearest(each));
        continue;
      }
      List<String> texts = texts(each.getValue(), member);
      if (texts == null) {
        problems.add(
            where
                + member.word()
                + " must be "
                + (member.isFlag()
                    ? "true or false"
                    : member.isList() ? "a text or an array of texts" : "a text"));
      } else {
        values.put(member, texts);
      }
    }
    List<String> issuer = values.remove(Member.ISSUER);
    if (issuer == null && problems.size() == before) {
      problems.add(where + "issuer is required, for example https://login.example.org");
    }
    return issuer == null || problems.size() > before
        ? null
        : new IssuerSettings(issuer.get(0), where, values);
  }

  private static String nearest(Map.Entry<String, JsonNode> member) {
    if (member.getKey().equals("secret")) {
      return "a secret stands in a file of its own: secretFile";
    }
    List<String> known = Stream.of(Member.values()).map(Member::word).toList();
    return "the nearest name is " + Nearest.to(member.getKey(), known, 1).get(0);
  }

  /** The texts of a member, null where it has another form; a prefix alone may be empty. */
  private static @Nullable List<String> texts(JsonNode value, Member member) {
    List<String> texts = new ArrayList<>();
    if (member.isFlag()) {
      return value.isBoolean() ? List.of(value.asText()) : null;
    }
    if (value.isTextual()) {
      texts.add(value.textValue());
    } else if (member.isList() && value.isArray() && !value.isEmpty()) {
      for (JsonNode element : value) {
        if (!element.isTextual()) {
          return null;
        }
        texts.add(element.textValue());
      }
    } else {
      return null;
    }
    boolean blank = texts.stream().anyMatch(String::isBlank);
    return blank && member != Member.SUBJECT_PREFIX ? null : List.copyOf(texts);
  }
}
