package dev.drawbridge.cluster.redis;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The server that tests start: that of this machine, or the one that the jar {@code embedded-redis}
 * has for it, which surefire puts on the class path. {@code -Dredis.embedded=true} takes the
 * second.
 */
final class RedisProgram {
  private static final Path UNPACKED = Path.of("target", "redis", "program");

  /** By system and processor; that of Windows is older than what the engine wants. */
  private static final Map<String, String> EMBEDDED =
      Map.of(
          "linux amd64", "redis-server-6.2.6-v5-linux-amd64",
          "linux aarch64", "redis-server-6.2.7-linux-arm64",
          "mac amd64", "redis-server-6.2.6-v5-darwin-amd64",
          "mac aarch64", "redis-server-6.2.6-v5-darwin-arm64");

  private RedisProgram() {}

  /** Null where there is none. */
  static @Nullable String find() {
    String installed = Boolean.getBoolean("redis.embedded") ? null : installed();
    return installed == null ? embedded() : installed;
  }

  private static @Nullable String installed() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .map(folder -> Path.of(folder, "redis-server"))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElse(null);
  }

  /** Unpacks it where it is not yet; null where the jar or the machine is another. */
  static @Nullable String embedded() {
    String name = EMBEDDED.get(machine());
    if (name == null) {
      return null;
    }
    try (InputStream in = RedisProgram.class.getResourceAsStream("/" + name)) {
      if (in == null) {
        return null;
      }
      Files.createDirectories(UNPACKED);
      Path program = UNPACKED.resolve(name);
      if (!Files.isExecutable(program)) {
        // Moved when it is whole: another JVM may look at the same time.
        Path part = Files.createTempFile(UNPACKED, name, ".part");
        Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
        if (!part.toFile().setExecutable(true)) {
          throw new IOException("cannot be made executable: " + part);
        }
        Files.move(part, program, StandardCopyOption.ATOMIC_MOVE);
      }
      return program.toAbsolutePath().toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String machine() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return (system.startsWith("mac") ? "mac" : system)
        + " "
        + (processor.equals("x86_64") ? "amd64" : processor);
  }
}
