package dev.drawbridge.compatibility;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Small sets of classes for tests. */
final class Compiled {
  static final Set<String> PACKAGES = Set.of("dev.drawbridge.shop");

  private Compiled() {}

  /**
   * The public types of these sources, each a top-level type of {@code dev.drawbridge.shop} without
   * its package line.
   */
  static PublicTypes types(Path folder, int release, String... sources) throws IOException {
    Path code = Files.createDirectories(folder.resolve("src/dev/drawbridge/shop"));
    List<Path> files = new ArrayList<>();
    for (String source : sources) {
      String name =
          source
              .replaceAll("(?s)\\b(?:class|interface|enum|record) (\\w+).*", "\u0000$1")
              .replaceAll("(?s)^.*\u0000", "");
      Path file = code.resolve(name + ".java");
      Files.writeString(
          file,
          "package dev.drawbridge.shop;\nimport java.util.*;\n"
              + "import org.jspecify.annotations.Nullable;\n"
              + source);
      files.add(file);
    }
    Path classes = Files.createDirectories(folder.resolve("classes"));
    compile(release, classes, files);
    return PublicTypes.of(SourceTree.classes(classes), PACKAGES);
  }

  static void compile(int release, Path classes, List<Path> files) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter words = new StringWriter();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          Arrays.asList(
              "-proc:none",
              "-Xlint:none",
              "--release",
              Integer.toString(release),
              "-d",
              classes.toString(),
              "-cp",
              Path.of(
                      org.jspecify.annotations.Nullable.class
                          .getProtectionDomain()
                          .getCodeSource()
                          .getLocation()
                          .getPath())
                  .toString());
      boolean compiled =
          compiler
              .getTask(
                  words, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files))
              .call();
      if (!compiled) {
        throw new AssertionError(words.toString());
      }
    }
  }
}
