package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Cache;
import com.zaxxer.hikari.HikariDataSource;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.codehaus.mojo.animal_sniffer.ClassListBuilder;
import org.codehaus.mojo.animal_sniffer.SignatureBuilder;
import org.codehaus.mojo.animal_sniffer.SignatureChecker;
import org.codehaus.mojo.animal_sniffer.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jar and all that it brings along load and link on Java 11: no class file is newer, and every
 * class, method and field of the JDK that they name was there already.
 *
 * <p>What was there is in the JDK's own {@code ct.sym}, from which {@code javac --release 11}
 * compiles.
 */
class Java11Test {
  private static final int JAVA_11 = 55;

  /** Java 11 in the names of the folders of {@code ct.sym}: one digit of base 36 per release. */
  private static final char RELEASE = 'B';

  /** What HikariCP offers its numbers to, if the application has it. */
  private static final Set<String> OPTIONAL =
      Set.of("io.micrometer.*", "io.prometheus.*", "com.codahale.*", "io.dropwizard.*");

  /** The module itself and its run-time dependencies. */
  private static List<Path> shipped() throws URISyntaxException {
    List<Path> paths = new ArrayList<>();
    for (Class<?> type :
        List.of(Database.class, HikariDataSource.class, Cache.class, org.slf4j.Logger.class)) {
      paths.add(Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()));
    }
    return paths;
  }

  private interface ClassAction {
    void accept(String name, InputStream image) throws IOException;
  }

  private static int eachClass(Path root, String suffix, ClassAction action) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(root)) {
      files =
          walk.filter(file -> file.toString().endsWith(suffix))
              // for newer Javas only, as its place says
              .filter(file -> !file.toString().contains("META-INF/versions"))
              .filter(file -> !file.endsWith("module-info.class"))
              .toList();
    }
    for (Path file : files) {
      try (InputStream image = Files.newInputStream(file)) {
        action.accept(file.toString(), image);
      }
    }
    return files.size();
  }

  @Test
  void noClassFileIsNewer() throws Exception {
    List<String> newer = new ArrayList<>();
    for (Path path : shipped()) {
      try (FileSystem jar = Files.isDirectory(path) ? null : FileSystems.newFileSystem(path)) {
        Path root = jar == null ? path : jar.getPath("/");
        int seen =
            eachClass(
                root,
                ".class",
                (name, image) -> {
                  DataInputStream data = new DataInputStream(image);
                  data.readInt();
                  data.readUnsignedShort();
                  int version = data.readUnsignedShort();
                  if (version > JAVA_11) {
                    newer.add(name + " " + version);
                  }
                });
        assertThat(seen).as(path.toString()).isPositive();
      }
    }

    assertThat(newer).isEmpty();
  }

  @Test
  void nothingNewerOfTheJdkIsUsed(@TempDir Path directory) throws Exception {
    Complaints complaints = new Complaints();
    Path signatures = directory.resolve("java11.signature");
    writeSignatures(signatures, complaints);

    assertThat(check(signatures, shipped(), complaints)).isEmpty();
    // and it would be seen: this very class calls what Java 16 brought
    Path tests =
        Path.of(Java11Test.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    assertThat(check(signatures, List.of(tests), complaints))
        .anyMatch(line -> line.contains("Stream.toList"));
  }

  private static void writeSignatures(Path target, Complaints complaints) throws IOException {
    Path symbols = Path.of(System.getProperty("java.home"), "lib", "ct.sym");
    try (OutputStream out = Files.newOutputStream(target);
        FileSystem jar = FileSystems.newFileSystem(symbols, (ClassLoader) null)) {
      Signatures builder = new Signatures(out, complaints);
      int seen = 0;
      try (Stream<Path> releases = Files.list(jar.getPath("/"))) {
        for (Path release : releases.toList()) {
          String name = release.getFileName().toString().replace("/", "");
          if (name.indexOf(RELEASE) >= 0 && !name.contains("-")) {
            seen += eachClass(release, ".sig", builder::add);
          }
        }
      }
      assertThat(seen).isGreaterThan(1_000);
      builder.close();
    }
  }

  private static List<String> check(Path signatures, List<Path> paths, Complaints complaints)
      throws IOException {
    Set<String> own = new HashSet<>(OPTIONAL);
    ClassListBuilder list = new ClassListBuilder(complaints);
    for (Path path : paths) {
      list.process(path.toFile());
    }
    own.addAll(list.getPackages());
    complaints.errors.clear();
    try (InputStream in = Files.newInputStream(signatures)) {
      SignatureChecker checker = new SignatureChecker(in, own, complaints);
      checker.setSourcePath(List.of());
      for (Path path : paths) {
        checker.process(path);
      }
    }
    return List.copyOf(complaints.errors);
  }

  /** The builder reads files named {@code .class} only; those of {@code ct.sym} are not. */
  private static final class Signatures extends SignatureBuilder {
    Signatures(OutputStream out, Logger logger) throws IOException {
      super(out, logger);
    }

    void add(String name, InputStream image) throws IOException {
      process(name, image);
    }
  }

  private static final class Complaints implements Logger {
    final List<String> errors = new ArrayList<>();

    @Override
    public void info(String message) {
      // progress
    }

    @Override
    public void info(String message, Throwable t) {
      // progress
    }

    @Override
    public void debug(String message) {
      // progress
    }

    @Override
    public void debug(String message, Throwable t) {
      // progress
    }

    @Override
    public void warn(String message) {
      // of files that are no classes
    }

    @Override
    public void warn(String message, Throwable t) {
      // of files that are no classes
    }

    @Override
    public void error(String message) {
      errors.add(message);
    }

    @Override
    public void error(String message, Throwable t) {
      errors.add(message);
    }
  }
}
