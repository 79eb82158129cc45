package dev.drawbridge.endpoint;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The door, the rooms behind it, and who may use whom. */
class RoomsTest {
  private static final String DOOR = "dev.drawbridge.endpoint";
  private static final String ROOMS = DOOR + ".internal";
  private static final String JETTY = ROOMS + ".transport.jetty";
  private static final String JAKARTA = ROOMS + ".transport.jakarta";
  private static final JavaClasses ALL =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  /** From the ground floor up: each may use those before it. */
  private static final List<String> UPWARDS =
      List.of(
          ROOMS,
          ROOMS + ".metrics",
          ROOMS + ".message..",
          ROOMS + ".transport",
          JETTY,
          JETTY + ".direct",
          JAKARTA,
          ROOMS + ".send",
          ROOMS + ".channels.subscription",
          ROOMS + ".channels.log",
          ROOMS + ".channels.presence",
          ROOMS + ".channels.memory",
          ROOMS + ".channels",
          ROOMS + ".receive",
          ROOMS + ".connection",
          ROOMS + ".setup",
          ROOMS + ".server",
          ROOMS + ".warmup",
          ROOMS + ".diagnostics",
          ROOMS + ".http");

  @Test
  void roomsUseOnlyThoseBelowThem() {
    for (int i = 0; i < UPWARDS.size() - 1; i++) {
      noClasses()
          .that()
          .resideInAPackage(UPWARDS.get(i))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(UPWARDS.subList(i + 1, UPWARDS.size()).toArray(String[]::new))
          .check(ALL);
    }
    classes()
        .that()
        .resideInAPackage(ROOMS + "..")
        .should()
        .resideInAnyPackage(UPWARDS.toArray(String[]::new))
        .check(ALL);
  }

  @Test
  void onlyTheServerChoosesAmongTransports() {
    noClasses()
        .that()
        .resideOutsideOfPackages(JETTY + "..", JAKARTA, ROOMS + ".server")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(JETTY + "..", JAKARTA)
        .check(ALL);
  }

  @Test
  void jettyIsKnownInTwoRoomsAndItsInternalsInOne() {
    noClasses()
        .that()
        .resideOutsideOfPackage(JETTY + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.eclipse.jetty..")
        .check(ALL);
    noClasses()
        .that()
        .resideInAPackage(JETTY)
        .should()
        .dependOnClassesThat(
            resideInAPackage("org.eclipse.jetty..")
                .and(
                    not(
                        resideInAnyPackage(
                            "org.eclipse.jetty.websocket.api..",
                            "org.eclipse.jetty.ee10.websocket.server..",
                            "org.eclipse.jetty.ee11.websocket.server.."))))
        .check(ALL);
  }

  @Test
  void theWebSocketApiOfJakartaIsKnownInOneRoomWhichKnowsNoContainer() {
    noClasses()
        .that()
        .resideOutsideOfPackage(JAKARTA)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jakarta.websocket..")
        .check(ALL);
    noClasses()
        .that()
        .resideInAPackage(JAKARTA)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache..", "io.undertow..", JETTY + "..")
        .check(ALL);
  }

  @Test
  void onlyWhatStartsTheEndpointKnowsTheRooms() {
    noClasses()
        .that()
        .resideInAPackage(DOOR)
        .and()
        .doNotBelongToAnyOf(DrawbridgeServlet.class, JettyClasses.class, MessageMap.class)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOMS + "..")
        .check(ALL);
    noClasses()
        .that()
        .resideInAPackage(ROOMS + "..")
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(DrawbridgeServlet.class, Drawbridge.class, MessageMap.class)
        .check(ALL);
  }

  /** A type that comes to this list is promised to applications. */
  @Test
  void theDoorIsThisList() {
    List<String> types =
        ALL.stream()
            .filter(type -> type.getPackageName().equals(DOOR))
            .filter(type -> !type.isNestedClass() && !type.getSimpleName().equals("package-info"))
            .map(JavaClass::getSimpleName)
            .sorted()
            .toList();

    assertThat(types)
        .containsExactly(
            "AttributeKey",
            "ChannelAction",
            "ChannelAuthorizer",
            "ChannelMessageFilter",
            "ChannelRules",
            "Channels",
            "CloseCode",
            "Connection",
            "ConnectionClose",
            "Connections",
            "Drawbridge",
            "DrawbridgeServlet",
            "Endpoint",
            "EndpointEnvironment",
            "ErrorCode",
            "HandlerInterceptor",
            "HandshakeFacts",
            "HeartbeatStats",
            "JettyClasses",
            "MessageHandler",
            "MessageMap",
            "MessageRefused",
            "PublishFailedException",
            "SendFailedException");
  }

  /** One file may: the benchmark of how a message is read, which no door shows. */
  @Test
  void noOtherModuleReachesTheRooms() throws IOException {
    List<Path> found;
    try (Stream<Path> files = Files.walk(Path.of(".."))) {
      found =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> !file.startsWith(Path.of("..", "endpoint")))
              // Other tests build whole copies of the project there.
              .filter(file -> !file.toString().contains("/target/"))
              .filter(RoomsTest::namesARoom)
              .map(Path::getFileName)
              .toList();
    }

    // A benchmark, a test that reads a log by its logger's name, and one with a client of these
    // tests.
    assertThat(found)
        .containsExactlyInAnyOrder(
            Path.of("MessageBenchmark.java"), Path.of("OutageLogTest.java"), Path.of("Page.java"));
  }

  private static boolean namesARoom(Path file) {
    try {
      return Files.readString(file).contains(ROOMS);
    } catch (IOException e) {
      throw new AssertionError(file.toString(), e);
    }
  }
}
