package dev.drawbridge.compatibility;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The project in one state: its papers, and what {@code mvn compile} has made of it.
 *
 * @param root the folder that holds CONTRIBUTING.md and the modules
 */
record SourceTree(Path root) {
  private static final Pattern ROOM =
      Pattern.compile("(?m)^\\| `([a-z.]+)` \\|[^|]*\\| ([a-z, ]+) \\|$");

  /** The packages that the map of the house marks for applications or engines. */
  SortedSet<String> publicPackages() throws IOException {
    String text = Files.readString(root.resolve("CONTRIBUTING.md"));
    Matcher rooms =
        ROOM.matcher(
            text.substring(text.indexOf("<!-- rooms -->"), text.indexOf("<!-- /rooms -->")));
    SortedSet<String> packages = new TreeSet<>();
    while (rooms.find()) {
      if (rooms.group(2).contains("applications") || rooms.group(2).contains("engines")) {
        packages.add("dev.drawbridge." + rooms.group(1));
      }
    }
    return packages;
  }

  /** The public types of each module that has any, by the module's folder. */
  SortedMap<String, PublicTypes> modules() throws IOException {
    SortedSet<String> packages = publicPackages();
    SortedMap<String, PublicTypes> modules = new TreeMap<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(root, Files::isDirectory)) {
      for (Path folder : folders) {
        if (!Files.isDirectory(folder.resolve("src").resolve("main"))) {
          continue; // filters-javax, which is made from the jar of filters
        }
        PublicTypes types =
            PublicTypes.of(classes(folder.resolve("target").resolve("classes")), packages);
        if (!types.isEmpty()) {
          modules.put(folder.getFileName().toString(), types);
        }
      }
    }
    return modules;
  }

  /** The listings of what is no class, by the name of their file. */
  SortedMap<String, List<String>> recorded() throws IOException {
    SortedMap<String, List<String>> recorded = new TreeMap<>();
    Path folder = root.resolve("compatibility").resolve("recorded");
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
        for (Path file : files) {
          if (!Files.isRegularFile(file)) {
            continue; // the listings of classes, which are compared class by class
          }
          recorded.put(file.getFileName().toString(), Files.readAllLines(file));
        }
      }
    }
    return recorded;
  }

  /** The class files below a folder, by their paths in it; none if there is no such folder. */
  static Map<String, byte[]> classes(Path folder) throws IOException {
    Map<String, byte[]> classes = new HashMap<>();
    if (Files.isDirectory(folder)) {
      List<Path> found = new ArrayList<>();
      try (Stream<Path> files = Files.walk(folder)) {
        files.filter(file -> file.toString().endsWith(".class")).forEach(found::add);
      }
      for (Path file : found) {
        classes.put(
            folder.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
      }
    }
    return classes;
  }
}
