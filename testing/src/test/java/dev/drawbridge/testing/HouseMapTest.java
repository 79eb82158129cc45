package dev.drawbridge.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The map of the house in CONTRIBUTING.md, compared with the sources, and the bom with the modules.
 */
class HouseMapTest {
  private static final Path ROOT = Path.of("..");
  private static final Path SOURCES = Path.of("src", "main", "java", "dev", "drawbridge");

  /** Their packages are what users get. */
  private static final List<String> SHIPPED =
      List.of(
          "migrations",
          "db",
          "filters",
          "endpoint",
          "endpoint-testkit",
          "cluster-redis",
          "cluster-sql",
          "spring-boot-starter");

  /** All that have rooms of their own; samples and examples are applications. */
  private static final List<String> MODULES =
      Stream.concat(SHIPPED.stream(), Stream.of("bench", "compatibility", "doctor", "testing"))
          .toList();

  private static final Pattern IMPORT =
      Pattern.compile("import (?:static )?(dev\\.drawbridge(?:\\.[a-z]+)+)\\.([A-Z]\\w*)");

  private static final Pattern THREAD =
      Pattern.compile(
          "(?:DaemonThreads\\.(?:named|numbered)\\(|new Thread\\([^\";]*|new"
              + " (?:StageThread|Worker)\\([^\";]*)\\s*\"(drawbridge-[a-z-]+)\"");

  @Test
  void everyRoomIsOnTheMapAndNoOther() throws IOException {
    Set<String> rooms = new TreeSet<>();
    for (String module : MODULES) {
      Path sources = ROOT.resolve(module).resolve(SOURCES);
      for (Path file : javaFiles(sources)) {
        if (!file.endsWith("package-info.java")) {
          String folder = sources.relativize(file.getParent()).toString();
          rooms.add(folder.replace('/', '.').replace('\\', '.'));
        }
      }
    }

    assertThat(firstColumn("rooms")).isEqualTo(rooms);
  }

  @Test
  void everyRoomSaysWhatItIsFor() throws IOException {
    for (String module : MODULES) {
      for (Path file : javaFiles(ROOT.resolve(module).resolve(SOURCES))) {
        assertThat(file.resolveSibling("package-info.java")).exists();
      }
    }
  }

  /** What a package-info lends in spite of it stands behind "but for" in its first sentence. */
  @Test
  void nobodyReachesIntoARoomThatIsForItsModuleAlone() throws IOException {
    Map<String, Set<String>> shut = new TreeMap<>();
    for (String row : rows("rooms")) {
      if (row.endsWith("| |")) {
        shut.put("dev.drawbridge." + first(row), lent(first(row)));
      }
    }

    Set<String> reaching = new TreeSet<>();
    for (String module :
        List.of(
            "endpoint",
            "endpoint-testkit",
            "cluster-redis",
            "cluster-sql",
            "spring-boot-starter",
            "webapp-sample",
            "bench",
            "containers",
            "dropin",
            "examples")) {
      for (Path file : javaFiles(ROOT.resolve(module))) {
        Matcher used = IMPORT.matcher(Files.readString(file));
        while (isMain(file) && used.find()) {
          boolean own = (used.group(1) + ".").startsWith("dev.drawbridge." + module + ".");
          Set<String> lent = shut.get(used.group(1));
          if (!own && lent != null && !lent.contains(used.group(2))) {
            reaching.add(file + " -> " + used.group(1) + "." + used.group(2));
          }
        }
      }
    }

    assertThat(shut).hasSizeGreaterThan(10);
    assertThat(reaching).isEmpty();
  }

  @Test
  void everyThreadIsInTheTableAndNoOther() throws IOException {
    Set<String> threads = new TreeSet<>();
    for (String module : SHIPPED) {
      for (Path file : javaFiles(ROOT.resolve(module).resolve(SOURCES))) {
        Matcher made = THREAD.matcher(Files.readString(file));
        while (made.find()) {
          threads.add(made.group(1));
        }
      }
    }

    assertThat(firstColumn("threads")).isEqualTo(threads);
  }

  /** Made from the jar of the other, so that it can have no room that the other has not. */
  @Test
  void filtersForJavaxHaveTheRoomsOfFilters() throws IOException {
    String pom = Files.readString(ROOT.resolve("filters-javax/pom.xml"));

    assertThat(ROOT.resolve("filters-javax/src/main")).doesNotExist();
    assertThat(pom).contains("<goal>unpack</goal>", "<artifactId>drawbridge-filters</artifactId>");
  }

  /** What each of the tasks names is there. */
  @Test
  void theFiveTasksNameTypesThatExist() throws IOException {
    String text = Files.readString(ROOT.resolve("CONTRIBUTING.md"));
    String tasks = text.substring(text.indexOf("### Five tasks"), text.indexOf("## The house"));
    Set<String> types = new TreeSet<>();
    for (String module :
        List.of("filters", "endpoint", "containers", "endpoint-testkit", "webapp-sample")) {
      for (Path file : javaFiles(ROOT.resolve(module).resolve("src"))) {
        types.add(file.getFileName().toString().replace(".java", ""));
      }
    }

    Set<String> named = all(tasks, "`([A-Z][A-Za-z]+)(?:[.(][^`]*)?`");

    assertThat(named).hasSizeGreaterThan(20);
    assertThat(named).isSubsetOf(types);
    assertThat(tasks.split("\n- ", -1)).hasSize(6);
  }

  @Test
  void everyModuleOfTheParentIsOnTheMap() throws IOException {
    String contributing = Files.readString(ROOT.resolve("CONTRIBUTING.md"));
    Matcher modules =
        Pattern.compile("<module>([a-z-]+)").matcher(Files.readString(ROOT.resolve("pom.xml")));

    while (modules.find()) {
      assertThat(contributing).contains("| `" + modules.group(1) + "` |");
    }
  }

  @Test
  void theBomListsWhatIsPublishedInTheParentsVersion() throws IOException {
    String bom = Files.readString(ROOT.resolve("bom/pom.xml"));
    String parent = Files.readString(ROOT.resolve("pom.xml"));

    Set<String> listed = all(bom, "<artifactId>drawbridge-(?!bom<)([a-z-]+)<");
    Set<String> published = new TreeSet<>();
    for (String module : all(parent, "<module>([a-z-]+)</module>")) {
      String pom = Files.readString(ROOT.resolve(module).resolve("pom.xml"));
      if (!module.equals("bom") && !pom.contains("<maven.deploy.skip>true")) {
        published.add(module);
      }
    }

    assertThat(listed).isEqualTo(published);
    assertThat(version(bom)).isEqualTo(version(parent));
    assertThat(bom).contains(version(parent, "maven-deploy-plugin"));
    assertThat(bom).contains(version(parent, "maven-install-plugin"));
  }

  private static String version(String pom) {
    return all(pom.substring(0, pom.indexOf("<packaging>")), "<version>([^<]+)<").iterator().next();
  }

  /** The lines that pin a plugin. */
  private static String version(String pom, String plugin) {
    int at = pom.indexOf("<artifactId>" + plugin + "<");
    return pom.substring(at, pom.indexOf("</version>", at)).replaceAll("\\s+$", "");
  }

  private static Set<String> all(String text, String pattern) {
    Set<String> found = new TreeSet<>();
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }

  private static boolean isMain(Path file) {
    String path = file.toString().replace('\\', '/');
    return path.contains("/src/main/") && !path.contains("/target/");
  }

  private static Set<String> lent(String room) throws IOException {
    for (String module : MODULES) {
      Path info = ROOT.resolve(module).resolve(SOURCES).resolve(room.replace('.', '/'));
      if (Files.exists(info.resolve("package-info.java"))) {
        String text =
            Files.readString(info.resolve("package-info.java")).replaceAll("\\s+\\* ", " ");
        Matcher but = Pattern.compile("but for ([^:.]*)").matcher(text);
        return but.find() ? all(but.group(1), "\\{@code (\\w+)}") : Set.of();
      }
    }
    throw new AssertionError("no package-info of " + room);
  }

  private static Set<String> firstColumn(String mark) throws IOException {
    return rows(mark).stream()
        .map(HouseMapTest::first)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** What stands between back quotes at the beginning of a row. */
  private static String first(String row) {
    return row.substring(3, row.indexOf('`', 3));
  }

  /** The rows of a marked table that begin with a name. */
  private static List<String> rows(String mark) throws IOException {
    String text = Files.readString(ROOT.resolve("CONTRIBUTING.md"));
    String table =
        text.substring(
            text.indexOf("<!-- " + mark + " -->"), text.indexOf("<!-- /" + mark + " -->"));
    return table.lines().filter(line -> line.startsWith("| `")).toList();
  }

  private static List<Path> javaFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }
}
