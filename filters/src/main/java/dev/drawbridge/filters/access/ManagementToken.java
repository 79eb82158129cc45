package dev.drawbridge.filters.access;

import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.PublishedSecrets;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.util.Sha256;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's secret for the routes that manage a server: drain, reload and metrics. It comes as
 * {@code Authorization: Bearer}; without it these routes are off. Thread-safe. A file is read again
 * when it is asked for and ten seconds old, and stays in force while it cannot be read.
 */
public final class ManagementToken {

  /** Shortest token of production in bytes: {@value}. */
  static final int MIN_BYTES = 16;

  /** Longest token in bytes: {@value}. */
  static final int MAX_BYTES = 4096;

  private static final Logger log = LoggerFactory.getLogger(ManagementToken.class);
  private static final String SCHEME = "Bearer ";
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final @Nullable Path file;
  private final LongSupplier nanoTime;
  private final boolean development;
  private final Set<String> routes;

  /** SHA-256 of the token; null when none is set. Written under this. */
  private volatile byte @Nullable [] hash;

  /** Guarded by this, like the next one. */
  private long readAt;

  private boolean unreadable;

  private ManagementToken(
      @Nullable Path file,
      byte @Nullable [] token,
      boolean development,
      LongSupplier nanoTime,
      Set<String> routes) {
    this.routes = routes;
    this.file = file;
    this.development = development;
    this.nanoTime = nanoTime;
    this.hash = token == null ? null : Sha256.of(token);
    this.readAt = nanoTime.getAsLong();
  }

  /**
   * Reads the token.
   *
   * @throws ConfigurationException if {@link #problems(Settings)} finds any
   */
  public static ManagementToken of(Settings settings, LongSupplier nanoTime) {
    return of(settings, nanoTime, ConcurrentHashMap.newKeySet());
  }

  /**
   * Reads it again, for the same paths.
   *
   * @return this, if it is the same token from the same place
   * @throws ConfigurationException as above
   */
  public ManagementToken renewed(Settings settings) {
    ManagementToken fresh = of(settings, nanoTime, routes);
    byte[] present = hash;
    boolean same =
        Objects.equals(file, fresh.file)
            && (present == null ? fresh.hash == null : MessageDigest.isEqual(present, fresh.hash));
    return same ? this : fresh;
  }

  /** True where both are of one file, of which this is another content. */
  public boolean isOfFileOf(ManagementToken earlier) {
    return file != null && file.equals(earlier.file);
  }

  private static ManagementToken of(Settings settings, LongSupplier nanoTime, Set<String> routes) {
    List<String> problems = problems(settings);
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    String text = settings.string(Setting.MANAGEMENT_TOKEN);
    String place = settings.string(Setting.MANAGEMENT_TOKEN_FILE);
    try {
      if (place != null) {
        Path file = Path.of(place);
        return new ManagementToken(file, content(file), settings.isDevelopment(), nanoTime, routes);
      }
    } catch (IOException e) {
      throw new ConfigurationException(List.of(unreadable(place, e)));
    }
    byte[] token = text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    return new ManagementToken(null, token, settings.isDevelopment(), nanoTime, routes);
  }

  /** What is wrong with it, a sentence that names the setting; empty when all is well. */
  public static List<String> problems(Settings settings) {
    String text = settings.string(Setting.MANAGEMENT_TOKEN);
    String place = settings.string(Setting.MANAGEMENT_TOKEN_FILE);
    Setting setting = place == null ? Setting.MANAGEMENT_TOKEN : Setting.MANAGEMENT_TOKEN_FILE;
    if (text == null && place == null) {
      return List.of();
    }
    String weakness;
    try {
      byte[] token =
          place == null
              ? String.valueOf(text).getBytes(StandardCharsets.UTF_8)
              : content(Path.of(place));
      weakness = weakness(token, settings.isDevelopment());
    } catch (IOException | InvalidPathException e) {
      return List.of(unreadable(String.valueOf(place), e));
    }
    return weakness == null ? List.of() : List.of(setting.variable() + " " + weakness);
  }

  private static String unreadable(String place, Exception e) {
    return Setting.MANAGEMENT_TOKEN_FILE.variable()
        + " cannot be read ("
        + e.getClass().getSimpleName()
        + "): "
        + Settings.quoted(place);
  }

  private static @Nullable String weakness(byte[] token, boolean development) {
    String text = new String(token, StandardCharsets.UTF_8);
    if (token.length == 0 || token.length > MAX_BYTES) {
      return "must have 1 to " + MAX_BYTES + " bytes: " + token.length;
    }
    if (!text.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
      return "must be printable ASCII without blanks, as a header carries it";
    }
    if (development) {
      return null;
    }
    String flaw = PublishedSecrets.flaw(token);
    if (flaw != null) {
      return flaw + "; make one with `openssl rand -base64 48`";
    }
    return token.length < MIN_BYTES
        ? "must have at least "
            + MIN_BYTES
            + " bytes in production: "
            + token.length
            + "; make one with `openssl rand -base64 48`"
        : null;
  }

  /** True when there is a token: without one the routes of management are off. */
  public boolean isSet() {
    return hash != null;
  }

  /**
   * Names paths at which an endpoint asks for the token.
   *
   * @param paths below the context path, decoded
   */
  public void addRoutes(Collection<String> paths) {
    routes.addAll(paths);
  }

  /** True for a request to such a path that carries the token: no user is needed for it. */
  public boolean opens(HttpServletRequest request) {
    return isSet() && routes.contains(path(request)) && isSentBy(request);
  }

  /** Decoded and without parameters, as the container has mapped it. */
  private static String path(HttpServletRequest request) {
    String info = request.getPathInfo();
    return info == null ? request.getServletPath() : request.getServletPath() + info;
  }

  /**
   * True if the request's one {@code Authorization} is Bearer and this token. Compared as hashes,
   * in a time that tells nothing.
   */
  public boolean isSentBy(HttpServletRequest request) {
    byte[] expected = current();
    List<String> lines = Collections.list(request.getHeaders("Authorization"));
    if (expected == null || lines.size() != 1) {
      return false;
    }
    String line = lines.get(0);
    return line.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        && MessageDigest.isEqual(
            Sha256.of(line.substring(SCHEME.length()).strip().getBytes(StandardCharsets.UTF_8)),
            expected);
  }

  private byte @Nullable [] current() {
    Path read = file;
    if (read == null) {
      return hash;
    }
    synchronized (this) {
      if (nanoTime.getAsLong() - readAt >= FRESH_NANOS) {
        readAt = nanoTime.getAsLong();
        renew(read);
      }
      return hash;
    }
  }

  private void renew(Path read) {
    String fault;
    try {
      byte[] token = content(read);
      fault = weakness(token, development);
      if (fault == null) {
        hash = Sha256.of(token);
      }
    } catch (IOException e) {
      fault = "cannot be read (" + e.getClass().getSimpleName() + ")";
    }
    if (fault != null && !unreadable) {
      log.warn(
          "{} {}; the token read before stays in force",
          Setting.MANAGEMENT_TOKEN_FILE.variable(),
          fault);
    }
    unreadable = fault != null;
  }

  private static byte[] content(Path file) throws IOException {
    if (Settings.isIrregular(file)) {
      throw new FileSystemException(file.toString(), null, "not a regular file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_BYTES + 2), StandardCharsets.UTF_8)
          .strip()
          .getBytes(StandardCharsets.UTF_8);
    }
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "ManagementToken[" + (isSet() ? "set" : "off") + "]";
  }
}
