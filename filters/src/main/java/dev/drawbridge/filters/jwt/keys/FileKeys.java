package dev.drawbridge.filters.jwt.keys;

import dev.drawbridge.filters.settings.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys from a file that is read again when it changes; a bad file leaves the old keys in force.
 * Thread-safe: one caller looks at the file, the others go on with the keys they find.
 */
final class FileKeys implements SigningKeys {

  /** How often the file is looked at. */
  static final Duration POLL_INTERVAL = Duration.ofSeconds(10);

  /** Largest file in bytes: {@value}. */
  static final int MAX_FILE_BYTES = 64 * 1024;

  private static final Logger log = LoggerFactory.getLogger(FileKeys.class);

  /** Makes keys of a file's bytes. */
  @FunctionalInterface
  interface Reader {
    KeySet read(byte[] content) throws UnusableKeysException;
  }

  /** What tells one version of the file from the next. */
  private record Stamp(FileTime modified, long size, @Nullable Object identity) {}

  private final Path file;
  private final Reader reader;
  private final long pollNanos;
  private final LongSupplier nanoTime;
  private final AtomicBoolean looking = new AtomicBoolean();

  private volatile KeySet keys;
  private volatile long lookedAt;

  /** The version looked at last, good or bad; owned by the thread that holds {@link #looking}. */
  private @Nullable Stamp stamp;

  /** Owned by the same thread. */
  private boolean unreadable;

  /**
   * Reads the file for the first time.
   *
   * @throws UnusableKeysException if it cannot be read or holds no usable keys
   */
  FileKeys(Path file, Reader reader, Duration pollInterval, LongSupplier nanoTime)
      throws UnusableKeysException {
    this.file = file;
    this.reader = reader;
    this.pollNanos = pollInterval.toNanos();
    this.nanoTime = nanoTime;
    this.lookedAt = nanoTime.getAsLong();
    try {
      this.stamp = stampOf(file);
      this.keys = reader.read(contentOf(file));
    } catch (IOException e) {
      throw new UnusableKeysException("it cannot be read (" + e.getClass().getSimpleName() + ")");
    }
  }

  @Override
  public KeySet current() {
    long now = nanoTime.getAsLong();
    if (now - lookedAt >= pollNanos && looking.compareAndSet(false, true)) {
      try {
        look();
      } finally {
        lookedAt = now;
        looking.set(false);
      }
    }
    return keys;
  }

  private void look() {
    try {
      Stamp found = stampOf(file);
      if (found.equals(stamp)) {
        return;
      }
      byte[] content = contentOf(file);
      stamp = found;
      if (unreadable) {
        unreadable = false;
        log.info("{} can be read again", file);
      }
      KeySet read = reader.read(content);
      if (!read.sameKeysAs(keys)) {
        keys = read;
        log.info("{} changed; its keys are in force", file);
      }
    } catch (IOException e) {
      stamp = null;
      if (!unreadable) {
        unreadable = true;
        log.warn(
            "{} cannot be read ({}); the keys read before stay in force",
            file,
            e.getClass().getSimpleName());
      }
    } catch (UnusableKeysException e) {
      log.warn("{} changed, but {}; the keys read before stay in force", file, e.getMessage());
    }
  }

  private static Stamp stampOf(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
  }

  /**
   * Reads a whole file.
   *
   * @throws UnusableKeysException if it has more than {@link #MAX_FILE_BYTES}, or is a pipe or a
   *     device, which might not end
   */
  static byte[] contentOf(Path file) throws IOException, UnusableKeysException {
    if (Settings.isIrregular(file)) {
      throw new UnusableKeysException("it must be a regular file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(MAX_FILE_BYTES + 1);
      if (content.length > MAX_FILE_BYTES) {
        throw new UnusableKeysException("it must have at most " + MAX_FILE_BYTES + " bytes");
      }
      return content;
    }
  }
}
