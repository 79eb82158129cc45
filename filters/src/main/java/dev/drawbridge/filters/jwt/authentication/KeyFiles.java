package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.util.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * What the files of keys and issuers held at one time, to tell whether they hold something else
 * now. Immutable.
 *
 * @param hashes by the setting that names the file; none of a file that cannot be read
 */
record KeyFiles(Map<Setting, String> hashes) {
  private static final List<Setting> FILES =
      List.of(
          Setting.JWT_SECRET_FILE,
          Setting.JWT_PUBLIC_KEY,
          Setting.JWT_JWKS_FILE,
          Setting.JWT_ISSUERS_FILE);

  /** Longer than any of them may be. */
  private static final int MAX_BYTES = 1024 * 1024;

  /** Copies the map. */
  KeyFiles {
    hashes = Map.copyOf(hashes);
  }

  static KeyFiles of(Settings settings) {
    Map<Setting, String> hashes = new EnumMap<>(Setting.class);
    for (Setting setting : FILES) {
      String place = settings.string(setting);
      if (place != null) {
        try (InputStream in = opened(Path.of(place))) {
          hashes.put(setting, HexFormat.of().formatHex(Sha256.of(in.readNBytes(MAX_BYTES))));
        } catch (IOException | InvalidPathException e) {
          // Whoever needs it tells.
          hashes.remove(setting);
        }
      }
    }
    return new KeyFiles(hashes);
  }

  private static InputStream opened(Path file) throws IOException {
    if (Settings.isIrregular(file)) {
      throw new FileSystemException(file.toString(), null, "not a regular file");
    }
    return Files.newInputStream(file);
  }

  /** The settings whose files hold something else than before. */
  List<Setting> differentFrom(KeyFiles earlier) {
    return FILES.stream()
        .filter(
            each -> {
              String now = hashes.get(each);
              String before = earlier.hashes.get(each);
              return now != null && before != null && !now.equals(before);
            })
        .toList();
  }

  /** True where issuers name files of their own, which are not among these. */
  boolean haveFurther() {
    return hashes.containsKey(Setting.JWT_ISSUERS_FILE);
  }
}
