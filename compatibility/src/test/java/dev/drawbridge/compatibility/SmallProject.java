package dev.drawbridge.compatibility;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A project of one module with one public package and one recorded listing, for tests. */
final class SmallProject {
  static final String SHOP = "public class Shop { public void buy() {} public void sell() {} }";

  /** By their sources. */
  private static final Map<String, byte[]> COMPILED = new ConcurrentHashMap<>();

  final Path root;

  private SmallProject(Path root) {
    this.root = root;
  }

  static SmallProject in(Path root) throws IOException {
    SmallProject project = new SmallProject(root);
    project.write(
        "CONTRIBUTING.md",
        """
        <!-- rooms -->
        | `shop` | a door | applications |
        | `shop.internal` | | |
        <!-- /rooms -->
        """);
    project.version("1.0.0");
    project.write("compatibility/recorded/codes.txt", "close 4400\nclose 4401\n");
    project.source(SHOP);
    project.compile();
    return project;
  }

  void version(String version) throws IOException {
    write("pom.xml", "<project>\n  <version>" + version + "</version>\n</project>\n");
  }

  void source(String text) throws IOException {
    write(
        "shop/src/main/java/dev/drawbridge/shop/Shop.java",
        "package dev.drawbridge.shop;\n" + text);
  }

  void compile() throws IOException {
    Path classes = Files.createDirectories(root.resolve("shop/target/classes"));
    Path source = root.resolve("shop/src/main/java/dev/drawbridge/shop/Shop.java");
    String text = Files.readString(source);
    Path file = classes.resolve("dev/drawbridge/shop/Shop.class");
    byte[] known = COMPILED.get(text);
    if (known == null) {
      Compiled.compile(17, classes, List.of(source));
      COMPILED.put(text, Files.readAllBytes(file));
    } else {
      Files.createDirectories(file.getParent());
      Files.write(file, known);
    }
  }

  void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  SourceTree tree() {
    return new SourceTree(root);
  }
}
