package dev.drawbridge.filters;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which room may use which, and what other modules and applications may use. */
class RoomsTest {
  private static final String ROOT = "dev.drawbridge.filters";

  /** What {@code jwt} leaves to applications; it stands below the rooms, the filter above them. */
  private static final Map<String, String> VALUES =
      Map.of("jwt.Handshake", "jwt.revocation", "jwt.Revocations", "jwt.revocation");

  /**
   * From the ground floor up: a room uses rooms that stand before it, and of these only its own.
   */
  private static final List<Map.Entry<String, Set<String>>> ROOMS =
      List.of(
          entry("util", Set.of()),
          entry("request", Set.of("util")),
          entry("log", Set.of()),
          entry("settings", Set.of("log", "util")),
          entry("refusal", Set.of("request", "log", "settings")),
          entry("jwt.jose", Set.of()),
          entry("jwt.issuer", Set.of("jwt.jose", "refusal", "settings")),
          entry("jwt.keys", Set.of("jwt.issuer", "jwt.jose", "refusal", "settings", "util")),
          entry("jwt.token", Set.of("jwt.issuer", "jwt.jose", "jwt.keys", "refusal", "util")),
          entry("jwt.revocation", Set.of("jwt.jose", "refusal", "util")),
          entry("cors.rules", Set.of("settings", "util")),
          entry("access", Set.of("request", "settings", "util")),
          entry("attempt", Set.of("jwt.jose", "log", "refusal", "request", "settings")),
          entry(
              "jwt.authentication",
              Set.of(
                  "access",
                  "cors.rules",
                  "jwt.issuer",
                  "jwt.keys",
                  "jwt.revocation",
                  "jwt.token",
                  "refusal",
                  "request",
                  "settings",
                  "util")),
          entry(
              "runtime",
              Set.of(
                  "access",
                  "attempt",
                  "cors.rules",
                  "jwt.authentication",
                  "jwt.revocation",
                  "settings",
                  "util")),
          entry(
              "cors",
              Set.of("attempt", "cors.rules", "log", "refusal", "request", "runtime", "settings")),
          entry(
              "jwt",
              Set.of(
                  "access",
                  "attempt",
                  "cors",
                  "cors.rules",
                  "jwt.authentication",
                  "jwt.jose",
                  "jwt.revocation",
                  "jwt.token",
                  "log",
                  "refusal",
                  "request",
                  "runtime",
                  "settings")),
          entry(
              "session",
              Set.of(
                  "cors.rules",
                  "jwt",
                  "jwt.authentication",
                  "jwt.revocation",
                  "log",
                  "refusal",
                  "request",
                  "runtime",
                  "settings")),
          entry("", Set.of("cors", "jwt", "settings")));

  private static final Set<String> FOR_APPLICATIONS =
      Set.of(
          "DrawbridgeFilters",
          "cors.DevCorsFilter",
          "jwt.Handshake",
          "jwt.JwtHandshakeFilter",
          "jwt.Revocations",
          "jwt.authentication.HandshakeAuthenticator",
          "runtime.DrawbridgeRuntime",
          "session.SessionTokenServlet",
          "session.SessionUser",
          "settings.ConfigurationException",
          "settings.DevMode",
          "settings.Setting",
          "settings.Settings");

  private static final Set<String> FOR_OUR_MODULES =
      Set.of(
          "access.DevKey",
          "access.ManagementToken",
          "attempt.Attempt",
          "attempt.AttemptFacts",
          "attempt.Attempts",
          "attempt.TokenFacts",
          "cors.CorsCounters",
          "cors.rules.Origin",
          "cors.rules.OriginPolicy",
          "cors.rules.OriginReason",
          "jwt.authentication.Authentication",
          "jwt.authentication.DevTokens",
          "jwt.token.TokenCacheStats",
          "jwt.token.TokenSignature",
          "jwt.token.VerifiedToken",
          "log.LogBudget",
          "log.Printable",
          "log.Traces",
          "refusal.MarkupEscapes",
          "refusal.Refusal",
          "refusal.RefusalCode",
          "refusal.RefusedException",
          "request.LocalRequest",
          "request.Passage",
          "request.RequestCookies",
          "request.RequestId",
          "request.RequestPath",
          "request.UpgradeRequest",
          "request.UrlPattern",
          "runtime.Libraries",
          "settings.GivenSettings",
          "runtime.SettingsSwitchMBean",
          "settings.LiveSettings",
          "settings.Nearest",
          "settings.SettingChange",
          "util.DaemonThreads",
          "util.Loopback",
          "util.RegisteredBean",
          "util.Sha256");

  /** Public for a neighbour in this module. */
  private static final Set<String> FOR_NEIGHBOURS =
      Set.of(
          "cors.rules.AppOrigin",
          "cors.rules.CorsConfig",
          "cors.rules.HostName",
          "cors.rules.HostPolicy",
          "cors.rules.HttpTokens",
          "cors.rules.OriginHints",
          "cors.rules.OriginRule",
          "cors.rules.OriginText",
          "cors.rules.ParsedOrigin",
          "jwt.authentication.Credentials",
          "jwt.authentication.FailureLimiter",
          "jwt.authentication.JwtConfig",
          "jwt.authentication.SessionTokens",
          "jwt.authentication.TrustedIssuer",
          "jwt.authentication.Transport",
          "jwt.issuer.IssuerSettings",
          "jwt.issuer.IssuerTemplate",
          "jwt.issuer.IssuersFile",
          "jwt.jose.Base64Url",
          "jwt.jose.StrictJson",
          "jwt.jose.TokenClaims",
          "jwt.keys.AllowedAlgorithms",
          "jwt.keys.KeyReader",
          "jwt.keys.KeySet",
          "jwt.keys.KeySource",
          "jwt.keys.SignatureAlgorithm",
          "jwt.keys.SigningKeys",
          "jwt.keys.UnusableKeysException",
          "jwt.revocation.RevocationCheck",
          "jwt.revocation.RevokedTokens",
          "jwt.revocation.StoredRevocations",
          "jwt.token.AudienceRule",
          "jwt.token.ClaimRules",
          "jwt.token.IssuerRule",
          "jwt.token.RolesRule",
          "jwt.token.SubjectRule",
          "jwt.token.TokenScreen",
          "jwt.token.TokenUse",
          "jwt.token.TokenVerifier",
          "jwt.token.Trust",
          "jwt.token.Trusts",
          "refusal.Refusals",
          "settings.Component",
          "settings.IneffectiveSettings",
          "settings.PublishedSecrets",
          "settings.Registrations",
          "settings.UserInfo");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
          .importPackages(ROOT);

  @Test
  void roomsUseOnlyWhatTheyMayUse() {
    Map<String, Set<String>> foreign = new TreeMap<>();
    Map<String, Set<String>> used = new TreeMap<>();
    Set<String> unused = new TreeSet<>();
    for (JavaClass type : CLASSES) {
      String room = room(type);
      used.computeIfAbsent(room, name -> new TreeSet<>());
      type.getDirectDependenciesFromSelf().stream()
          .filter(use -> use.getTargetClass().getPackageName().startsWith(ROOT))
          .filter(use -> !room(use.getTargetClass()).equals(room))
          .forEach(
              use -> {
                String other = room(use.getTargetClass());
                used.get(room).add(other);
                if (!allowed(room).contains(other)) {
                  foreign
                      .computeIfAbsent(room + " -> " + other, arrow -> new TreeSet<>())
                      .add(name(type) + " -> " + name(use.getTargetClass()));
                }
              });
    }

    assertThat(foreign).isEmpty();
    ROOMS.forEach(
        room ->
            room.getValue().stream()
                .filter(other -> !used.getOrDefault(room.getKey(), Set.of()).contains(other))
                .forEach(other -> unused.add(room.getKey() + " -> " + other)));
    assertThat(unused).as("arrows that go from the table").isEmpty();
  }

  @Test
  void noRoomUsesOneThatStandsAboveIt() {
    Set<String> below = new HashSet<>();

    for (Map.Entry<String, Set<String>> room : ROOMS) {
      assertThat(below).as(room.getKey()).containsAll(room.getValue());
      below.add(room.getKey());
    }
  }

  @Test
  void everyPublicTypeIsMeantToBePublic() {
    Set<String> found =
        CLASSES.stream()
            .filter(
                type -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
            .map(RoomsTest::name)
            .collect(Collectors.toCollection(TreeSet::new));

    Set<String> meant = new TreeSet<>(FOR_APPLICATIONS);
    meant.addAll(FOR_OUR_MODULES);
    meant.addAll(FOR_NEIGHBOURS);
    assertThat(found).isEqualTo(meant);
  }

  private static Set<String> allowed(String room) {
    return ROOMS.stream()
        .filter(entry -> entry.getKey().equals(room))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseThrow(() -> new AssertionError("a room that the table does not know: " + room));
  }

  private static String room(JavaClass type) {
    String name = name(type);
    return VALUES.getOrDefault(name, name.substring(0, Math.max(0, name.lastIndexOf('.'))));
  }

  /** Of its outermost class, without what all have in common. */
  private static String name(JavaClass type) {
    String name = type.getBaseComponentType().getName().substring(ROOT.length() + 1);
    int nested = name.indexOf('$');
    return nested < 0 ? name : name.substring(0, nested);
  }
}
