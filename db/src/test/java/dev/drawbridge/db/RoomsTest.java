package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which room may use which, and what applications may use. */
class RoomsTest {
  private static final String ROOT = "dev.drawbridge.db";
  private static final String INTERNAL = ROOT + ".internal.";

  /** From the ground floor up, with what each uses. The doors use all of them. */
  private static final Map<String, Set<String>> ROOMS = new LinkedHashMap<>();

  static {
    ROOMS.put("config", Set.of());
    ROOMS.put("dialect", Set.of());
    ROOMS.put("open", Set.of());
    ROOMS.put("sql", Set.of());
    ROOMS.put("errors", Set.of("dialect", "sql"));
    ROOMS.put("values", Set.of("errors", "sql"));
    ROOMS.put("pool", Set.of("config", "dialect", "errors", "values"));
    ROOMS.put("session", Set.of("errors", "pool", "sql", "values"));
    ROOMS.put("threads", Set.of());
    ROOMS.put("users", Set.of("threads"));
  }

  /** What the rooms know of the door. */
  private static final Set<String> SHARED =
      Set.of(
          "DatabaseConfig",
          "DbBusyException",
          "DbConfigException",
          "DbConflictException",
          "DbConstraintException",
          "DbException",
          "DbMappingException",
          "DbStateException",
          "DbTimeoutException",
          "DbUnavailableException",
          "DbUnknownOutcomeException",
          "Dialect",
          "StatementListener",
          "TransactionOutcome",
          "Urls");

  private static final Set<String> FOR_APPLICATIONS =
      Set.of(
          "Batch",
          "Call",
          "CallResult",
          "Database",
          "DatabaseConfig",
          "DatabaseMXBean",
          "DbBusyException",
          "DbConfigException",
          "DbConflictException",
          "DbConstraintException",
          "DbException",
          "DbHealth",
          "DbMappingException",
          "DbMetrics",
          "DbSavepoint",
          "DbSession",
          "DbStateException",
          "DbTimeoutException",
          "DbUnavailableException",
          "DbUnknownOutcomeException",
          "Dialect",
          "Isolation",
          "MicrometerStatements",
          "Query",
          "Row",
          "RowMapper",
          "SessionOptions",
          "SessionWork",
          "StatementListener",
          "TransactionOutcome",
          "Update",
          "Urls",
          "user.Lookup",
          "user.Registration",
          "user.User",
          "user.UserDirectory",
          "user.UserDirectoryConfig",
          "user.UserDirectoryStats",
          "user.UserLookupUnavailableException",
          "user.UserSource",
          "user.UserStore");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
          .importPackages(ROOT);

  @Test
  void roomsUseWhatTheTableSaysAndNothingElse() {
    Map<String, Set<String>> used = new TreeMap<>();
    ROOMS.keySet().forEach(room -> used.put(room, new TreeSet<>()));

    inRooms()
        .forEach(
            type ->
                type.getDirectDependenciesFromSelf().stream()
                    .map(use -> use.getTargetClass().getBaseComponentType())
                    .filter(target -> target.getPackageName().startsWith(INTERNAL))
                    .filter(target -> !room(target).equals(room(type)))
                    .forEach(target -> used.get(room(type)).add(room(target))));

    assertThat(used).isEqualTo(ROOMS);
  }

  @Test
  void noRoomUsesOneThatStandsAboveIt() {
    Set<String> below = new TreeSet<>();

    ROOMS.forEach(
        (room, uses) -> {
          assertThat(below).as(room).containsAll(uses);
          below.add(room);
        });
  }

  @Test
  void ofTheDoorTheRoomsKnowOnlyWhatIsShared() {
    Set<String> known = new TreeSet<>();

    inRooms()
        .filter(type -> !room(type).equals("users"))
        .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
        .map(use -> use.getTargetClass().getBaseComponentType())
        .filter(target -> target.getPackageName().equals(ROOT))
        .forEach(target -> known.add(name(target)));

    assertThat(known).isSubsetOf(SHARED);
  }

  @Test
  void everyPublicTypeOfTheDoorsIsMeantToBePublic() {
    Set<String> found =
        CLASSES.stream()
            .filter(type -> !type.getPackageName().startsWith(INTERNAL))
            .filter(
                type -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
            .map(RoomsTest::name)
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(found).isEqualTo(FOR_APPLICATIONS);
  }

  @Test
  void whatIsPublicOfTheDoorsShowsNothingOfTheRooms() {
    Set<String> shown = new TreeSet<>();

    CLASSES.stream()
        .filter(type -> FOR_APPLICATIONS.contains(name(type)))
        .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
        .flatMap(type -> type.getCodeUnits().stream())
        .filter(unit -> unit.getModifiers().contains(JavaModifier.PUBLIC))
        .filter(unit -> !unit.getModifiers().contains(JavaModifier.SYNTHETIC))
        .filter(
            unit ->
                unit.getAllInvolvedRawTypes().stream()
                    .anyMatch(type -> type.getPackageName().startsWith(INTERNAL)))
        .forEach(unit -> shown.add(unit.getFullName()));

    assertThat(shown).isEmpty();
  }

  /** By their sources: the classes of other modules are not on this one's path. */
  @Test
  void noOtherModuleUsesTheRooms() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    List<Path> foreign;
    try (Stream<Path> modules = Files.list(here.getParent())) {
      foreign =
          modules
              .filter(module -> !module.equals(here))
              .map(module -> module.resolve("src"))
              .filter(Files::isDirectory)
              .flatMap(RoomsTest::sources)
              .filter(source -> read(source).contains(INTERNAL))
              .collect(Collectors.toList());
    }

    assertThat(foreign).isEmpty();
  }

  private static Stream<Path> sources(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .collect(Collectors.toList())
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<JavaClass> inRooms() {
    return CLASSES.stream()
        .filter(type -> type.getPackageName().startsWith(INTERNAL))
        .filter(type -> !type.getSimpleName().equals("package-info"));
  }

  private static String room(JavaClass type) {
    return type.getPackageName().substring(INTERNAL.length());
  }

  /** Of its outermost class, without what all have in common. */
  private static String name(JavaClass type) {
    String name = type.getName().substring(ROOT.length() + 1);
    int nested = name.indexOf('$');
    return nested < 0 ? name : name.substring(0, nested);
  }
}
