package dev.drawbridge.testing;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The sources of the project in another folder, as they are here, for builds that a test runs: the
 * build around the test is using the original's {@code target} folders. Stateless.
 */
public final class ProjectCopy {
  private static final Set<String> NOT_COPIED = Set.of("target", "node_modules", ".git");

  private ProjectCopy() {}

  /**
   * Copies what nobody has made by a build. What was in the folder is gone afterwards.
   *
   * @param root the folder of the root's {@code pom.xml}
   * @param folder made if it is not there; may lie within a {@code target} of the project
   */
  public static void make(Path root, Path folder) throws IOException {
    Path from = root.toRealPath();
    delete(folder);
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes)
              throws IOException {
            if (NOT_COPIED.contains(each.getFileName().toString())) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(folder.resolve(from.relativize(each).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(file, folder.resolve(from.relativize(file).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException problem)
              throws IOException {
            // What comes and goes beside them belongs to another module's tests.
            if (Files.exists(file)) {
              throw problem;
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Deletes a folder with all that is in it, if it is there. */
  public static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> old = Files.walk(folder)) {
      for (Path path : old.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
