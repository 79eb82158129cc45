package dev.drawbridge.compatibility;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Small sets of classes for tests. */
final class Compiled {
  private Compiled() {}

  /**
   * The public types of each of these sources, which are top-level types without a package line and
   * get {@code dev.drawbridge.shop0}, {@code dev.drawbridge.shop1} and so on. In one run of the
   * compiler, as its start is what takes time.
   */
  static List<PublicTypes> types(Path folder, int release, List<String> sources)
      throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      Path code = Files.createDirectories(folder.resolve("src/dev/drawbridge/shop" + i));
      Path file = code.resolve("A.java");
      Files.writeString(
          file,
          "package dev.drawbridge.shop"
              + i
              + ";\nimport java.util.*;\nimport org.jspecify.annotations.Nullable;\n"
              + sources.get(i));
      files.add(file);
    }
    Path classes = Files.createDirectories(folder.resolve("classes"));
    compile(release, classes, files);
    Map<String, byte[]> all = SourceTree.classes(classes);
    List<PublicTypes> types = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      String home = "dev/drawbridge/shop" + i + "/";
      Map<String, byte[]> own = new HashMap<>(all);
      own.keySet().removeIf(path -> !path.startsWith(home));
      types.add(PublicTypes.of(own, Set.of("dev.drawbridge.shop" + i)));
    }
    return types;
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
