package dev.drawbridge.filters.settings;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A file of {@code DRAWBRIDGE_SETTINGS_FILE}: properties in UTF-8, such as Kubernetes mounts from a
 * ConfigMap or a Secret. Stateless. What cannot be a whole file is refused and not read in part.
 */
final class SettingsFile {

  /** Largest file in bytes, as large as a ConfigMap: {@value}. */
  static final int MAX_BYTES = 1024 * 1024;

  /** How often a file is read that somebody writes meanwhile. */
  static final int TRIES = 3;

  /** What tells one version of a file from the next. */
  private record Stamp(FileTime modified, long size, @Nullable Object identity) {

    static Stamp of(Path file) throws IOException {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    }
  }

  /** What is wrong with a file, as the end of a sentence. */
  static final class UnusableFileException extends Exception {
    private static final long serialVersionUID = 1L;

    UnusableFileException(String message) {
      super(message);
    }
  }

  /** Refuses what stands twice with two values: the last one would win unnoticed. */
  private static final class Once extends Properties {
    private static final long serialVersionUID = 1L;

    @Override
    public synchronized @Nullable Object put(Object name, Object text) {
      Object before = super.put(name, text);
      if (before != null && !before.equals(text)) {
        // A file that is no list of settings may hold a secret where a name would stand.
        Setting known = SettingSources.byAnyName(String.valueOf(name));
        throw new IllegalStateException(known == null ? "a name" : known.variable());
      }
      return before;
    }
  }

  private SettingsFile() {}

  /**
   * Reads a file.
   *
   * @param place its path
   * @return the text of each name, in no particular order
   * @throws UnusableFileException with a message that holds no value of it
   */
  static Map<String, String> read(String place) throws UnusableFileException {
    byte[] content;
    try {
      content = content(Path.of(place));
    } catch (NoSuchFileException e) {
      throw new UnusableFileException("must name a file that exists");
    } catch (InvalidPathException | IOException e) {
      throw new UnusableFileException("cannot be read (" + e.getClass().getSimpleName() + ")");
    }
    return parsed(text(content));
  }

  /** What tells the files as they are now from later ones; in their order, also of absent ones. */
  static List<Object> versions(List<String> places) {
    List<Object> versions = new ArrayList<>();
    for (String place : places) {
      try {
        versions.add(Stamp.of(Path.of(place)));
      } catch (InvalidPathException | IOException e) {
        versions.add(e.getClass());
      }
    }
    return versions;
  }

  private static byte[] content(Path file) throws IOException, UnusableFileException {
    if (Settings.isIrregular(file)) {
      throw new UnusableFileException("must name a regular file");
    }
    for (int i = 0; i < TRIES; i++) {
      Stamp before = Stamp.of(file);
      byte[] content;
      try (InputStream in = Files.newInputStream(file)) {
        content = in.readNBytes(MAX_BYTES + 1);
      }
      if (before.equals(Stamp.of(file)) && content.length == before.size()) {
        return content;
      }
      if (content.length > MAX_BYTES) {
        break;
      }
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new UnusableFileException("must have at most " + MAX_BYTES + " bytes");
    }
    throw new UnusableFileException("must not change while it is read; write it beside and rename");
  }

  private static String text(byte[] content) throws UnusableFileException {
    if (content.length == 0) {
      throw new UnusableFileException("must not be empty: 0 bytes, which a half-written file has");
    }
    if (content.length > MAX_BYTES) {
      throw new UnusableFileException("must have at most " + MAX_BYTES + " bytes");
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw new UnusableFileException("must be UTF-8, with or without a byte order mark");
    }
    if (text.indexOf('\0') >= 0) {
      throw new UnusableFileException("must be text, without characters U+0000");
    }
    if (!text.endsWith("\n") && !text.endsWith("\r")) {
      throw new UnusableFileException("must end with a line break, or it may be half written");
    }
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  private static Map<String, String> parsed(String text) throws UnusableFileException {
    Properties properties = new Once();
    try {
      properties.load(new StringReader(text));
    } catch (IllegalStateException e) {
      throw new UnusableFileException(
          "must not hold " + e.getMessage() + " twice with different values");
    } catch (IllegalArgumentException e) {
      throw new UnusableFileException(
          "must hold \\u with four hexadecimal digits only; a backslash is written \\\\");
    } catch (IOException e) {
      throw new UnusableFileException("cannot be read (" + e.getClass().getSimpleName() + ")");
    }
    Map<String, String> values = new LinkedHashMap<>();
    properties
        .stringPropertyNames()
        .forEach(name -> values.put(name, properties.getProperty(name, "")));
    return values;
  }
}
