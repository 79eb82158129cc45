package dev.drawbridge.compatibility;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A project of one module with one public package and one recorded listing, for tests. */
final class SmallProject {
  static final String SHOP = "public class Shop { public void buy() {} public void sell() {} }";

  final Path root;

  private SmallProject(Path root) {
    this.root = root;
  }

  static SmallProject in(Path root) throws IOException {
    SmallProject project = new SmallProject(root);
    project.write(
        "CONTRIBUTING.md",
        "<!-- rooms -->\n| `shop` | a door | applications |\n| `shop.internal` | | |\n"
            + "<!-- /rooms -->\n");
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
    Compiled.compile(
        17,
        Files.createDirectories(root.resolve("shop/target/classes")),
        List.of(root.resolve("shop/src/main/java/dev/drawbridge/shop/Shop.java")));
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
