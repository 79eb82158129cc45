package dev.drawbridge.filters.jwt;

import static dev.drawbridge.filters.testing.OpenIdServer.OPENID;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.user.User;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.testing.OpenIdServer;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.LocalHttp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tokens of several issuers at one door; none passes for another. */
class SeveralIssuersTest {

  private static final String TENANT = "11111111-aaaa-4bbb-8ccc-222222222222";
  private static final String OTHER_TENANT = "33333333-aaaa-4bbb-8ccc-444444444444";

  @TempDir Path directory;

  private OpenIdServer provider;
  private String first;
  private String second;

  @BeforeEach
  void start() throws Exception {
    provider = new OpenIdServer();
    first = provider.provider("/first", TestKeys.RSA, "one");
    second = provider.provider("/second", TestKeys.RSA_2, "one");
  }

  @AfterEach
  void stop() {
    provider.close();
  }

  private static Map<String, String> settings(String... more) {
    Map<String, String> settings = new LinkedHashMap<>(TestServer.settings());
    settings.remove("drawbridge.jwt.secret");
    settings.remove("drawbridge.jwt.issuer");
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return settings;
  }

  private Map<String, String> both() {
    return settings("drawbridge.jwt.issuer", first + ", " + second);
  }

  private Map<String, String> file(String issuers) throws Exception {
    Path file = Files.createTempFile(directory, "issuers", ".json");
    Files.writeString(file, issuers);
    return settings("drawbridge.jwt.issuers.file", file.toString());
  }

  private static List<String> problems(Map<String, String> settings) {
    return HandshakeAuthenticator.problems(Settings.of(settings));
  }

  private static TestTokens token(String issuer, KeyPair keys) {
    return TestTokens.token("alice")
        .claim("iss", issuer)
        .key("RS256", keys.getPrivate())
        .header("kid", "one");
  }

  private static User user(String subject) {
    return User.of(subject, subject, Set.of());
  }

  @Test
  void eachIssuersTokenIsVerifiedWithItsOwnKeyOfTheSameId() throws Exception {
    try (TestServer server = new TestServer(both()).start()) {
      server.users.put(second + "|alice", user(second + "|alice"));

      assertThat(server.bearer(token(first, TestKeys.RSA).sign()).status()).isEqualTo(101);
      assertThat(server.bearer(token(second, TestKeys.RSA_2).sign()).status()).isEqualTo(101);
      assertThat(server.bearer(token(first, TestKeys.RSA_2).sign()).code())
          .isEqualTo("token_signature_invalid");
      assertThat(server.bearer(token(second, TestKeys.RSA).sign()).code())
          .isEqualTo("token_signature_invalid");
      assertThat(server.upgrades)
          .extracting(TestServer.Upgrade::user)
          .containsExactly("alice", second + "|alice");
    }
  }

  @Test
  void knownTokenOfEachIssuerIsStillItsOwn() throws Exception {
    try (TestServer server = new TestServer(both()).start()) {
      server.users.put(second + "|alice", user(second + "|alice"));
      String one = token(first, TestKeys.RSA).sign();
      String two = token(second, TestKeys.RSA_2).sign();

      for (int i = 0; i < 2; i++) {
        assertThat(server.bearer(one).status()).isEqualTo(101);
        assertThat(server.bearer(two).status()).isEqualTo(101);
      }

      assertThat(server.runtime().authenticator().tokenCache().hits()).isEqualTo(2);
      assertThat(server.upgrades)
          .extracting(TestServer.Upgrade::user)
          .containsExactly("alice", second + "|alice", "alice", second + "|alice");
    }
  }

  @Test
  void subjectOfTheSecondIssuerIsNotTheFirstOnesAndNeitherTakesTheOthersName() throws Exception {
    try (TestServer server = new TestServer(both()).start()) {
      server.users.put(second + "|bob", user(second + "|bob"));

      assertThat(server.bearer(token(second, TestKeys.RSA_2).sign()).code())
          .isEqualTo("user_not_found");
      TestServer.Answer taken =
          server.bearer(token(first, TestKeys.RSA).claim("sub", second + "|bob").sign());
      assertThat(taken.code()).isEqualTo("token_subject_invalid");
      assertThat(taken.body()).contains("another issuer's prefix");
      assertThat(
              server.bearer(token(first, TestKeys.RSA).claim("jti", second + "|j").sign()).code())
          .isEqualTo("token_claim_invalid");
    }
  }

  @Test
  void revocationOfOneIssuersTokenLeavesTheOthersAlone() throws Exception {
    try (TestServer server = new TestServer(both()).start()) {
      server.users.put(second + "|alice", user(second + "|alice"));
      Revocations revocations = server.runtime().authenticator().revocations();
      String one = token(first, TestKeys.RSA).claim("jti", "same").sign();
      String two = token(second, TestKeys.RSA_2).claim("jti", "same").sign();

      revocations.revoke("same", Instant.now().plusSeconds(60));

      assertThat(server.bearer(one).code()).isEqualTo("token_revoked");
      assertThat(server.bearer(two).status()).isEqualTo(101);
      revocations.revoke(second + "|same", Instant.now().plusSeconds(60));
      assertThat(server.bearer(two).code()).isEqualTo("token_revoked");
      revocations.revokeBefore("alice", Instant.now().plusSeconds(60));
      assertThat(server.bearer(token(second, TestKeys.RSA_2).sign()).status()).isEqualTo(101);
    }
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "absent",
      value = {"https://third.example", "''", "absent"})
  void issuerThatNobodyTrustsIsRefusedBeforeAnyKeyIsTried(String issuer) throws Exception {
    try (TestServer server = new TestServer(both()).start()) {
      TestServer.Answer answer = server.bearer(token(issuer, TestKeys.RSA).sign());

      assertThat(answer.code()).isEqualTo("token_issuer_invalid");
      assertThat(answer.body()).contains("one of the 2 issuers");
    }
  }

  @Test
  void issuerOfAnotherFormIsRefused() throws Exception {
    try (TestServer server = new TestServer(both()).start()) {
      for (Object wrong : List.of(1, true, List.of(first), Map.of("a", first), first + "/")) {
        assertThat(server.bearer(token(first, TestKeys.RSA).claim("iss", wrong).sign()).code())
            .isEqualTo("token_issuer_invalid");
      }
    }
  }

  @Test
  void outageOfOneIssuerDoesNotShutOutTheOthers() throws Exception {
    provider.at("/second" + OPENID, LocalHttp.answering(500, "x"));
    try (TestServer server = new TestServer(both()).start()) {
      assertThat(server.bearer(token(second, TestKeys.RSA_2).sign()).code())
          .isEqualTo("keys_unavailable");
      assertThat(server.bearer(token(first, TestKeys.RSA).sign()).status()).isEqualTo(101);
      assertThat(server.bearer("a.b.c").code()).isEqualTo("token_malformed");
      assertThat(server.runtime().authenticator().isReady()).isFalse();
    }
  }

  @Test
  void secretOfOneIssuerSignsForNoOther() throws Exception {
    Path secret = directory.resolve("secret");
    Files.writeString(secret, TestTokens.SECRET);
    Map<String, String> settings =
        file(
            """
            {"issuers": [
              {"issuer": "%s", "algorithms": "RS256"},
              {"issuer": "my-application", "secretFile": "%s", "subjectPrefix": "own:",
               "audience": ["chat", "shop"], "subjectClaim": "user_id",
               "rolesClaim": "/roles", "audienceClaim": "client_id"}]}
            """
                .formatted(first, secret));
    try (TestServer server = new TestServer(settings).start()) {
      server.users.put("own:42", user("own:42"));
      TestTokens own =
          TestTokens.token("x")
              .claim("iss", "my-application")
              .claim("client_id", "shop")
              .claim("user_id", 42);

      assertThat(server.bearer(own.sign()).status()).isEqualTo(101);
      assertThat(server.bearer(token(first, TestKeys.RSA).sign()).status()).isEqualTo(101);
      assertThat(server.bearer(own.claim("iss", first).sign()).code())
          .isEqualTo("token_alg_not_allowed");
      assertThat(server.bearer(token("my-application", TestKeys.RSA).sign()).code())
          .isEqualTo("token_alg_not_allowed");
      assertThat(server.upgrades.get(0).user()).isEqualTo("own:42");
    }
  }

  @Test
  void tenantsOfATemplateAreThoseThatAreListed() throws Exception {
    String template = provider.url("/{tenantid}/v2.0");
    provider.at(
        "/common/v2.0" + OPENID,
        LocalHttp.serving(OpenIdServer.metadata(template, provider.url("/common/keys"))));
    provider.at("/common/keys", OpenIdServer.keySet(TestKeys.RSA, "one"));
    Map<String, String> settings =
        settings(
            "drawbridge.jwt.issuer",
            template,
            "drawbridge.jwt.tenants",
            TENANT.toUpperCase(java.util.Locale.ROOT) + ", t2",
            "drawbridge.jwt.subject.claim",
            "oid");
    try (TestServer server = new TestServer(settings).start()) {
      server.users.put(TENANT + "|alice", user(TENANT + "|alice"));
      TestTokens good =
          token(provider.url("/" + TENANT + "/v2.0"), TestKeys.RSA)
              .claim("oid", "alice")
              .claim("tid", TENANT);

      assertThat(server.bearer(good.sign()).status()).isEqualTo(101);
      assertThat(server.upgrades.get(0).user()).isEqualTo(TENANT + "|alice");
      for (Object wrong : java.util.Arrays.asList("t2", OTHER_TENANT, null, 1, List.of(TENANT))) {
        assertThat(server.bearer(good.claim("tid", wrong).sign()).code())
            .isEqualTo("token_tenant_invalid");
      }
      good.claim("tid", OTHER_TENANT);
      TestServer.Answer other =
          server.bearer(good.claim("iss", provider.url("/" + OTHER_TENANT + "/v2.0")).sign());
      assertThat(other.code()).isEqualTo("token_tenant_invalid");
      assertThat(other.body()).contains("DRAWBRIDGE_JWT_TENANTS");
      for (String strange :
          List.of(template, provider.url("//v2.0"), provider.url("/a/b/v2.0"), "x")) {
        assertThat(server.bearer(good.claim("iss", strange).sign()).code())
            .as(strange)
            .isIn("token_issuer_invalid", "token_tenant_invalid");
      }
    }
  }

  @Test
  void onlyTenantOfATemplateIsCheckedAsStrictly() throws Exception {
    String template = provider.url("/{tenantid}/v2.0");
    provider.at(
        "/common/v2.0" + OPENID,
        LocalHttp.serving(OpenIdServer.metadata(template, provider.url("/common/keys"))));
    provider.at("/common/keys", OpenIdServer.keySet(TestKeys.RSA, "one"));
    Map<String, String> settings =
        settings("drawbridge.jwt.issuer", template, "drawbridge.jwt.tenants", TENANT);
    try (TestServer server = new TestServer(settings).start()) {
      server.users.put(TENANT + "|alice", user(TENANT + "|alice"));
      TestTokens token = token(provider.url("/" + TENANT + "/v2.0"), TestKeys.RSA);

      assertThat(server.bearer(token.sign()).code()).isEqualTo("token_tenant_invalid");
      assertThat(server.bearer(token.claim("tid", TENANT).sign()).status()).isEqualTo(101);
      assertThat(
              server
                  .bearer(token.claim("iss", provider.url("/" + OTHER_TENANT + "/v2.0")).sign())
                  .code())
          .isEqualTo("token_tenant_invalid");
      assertThat(server.bearer(token.claim("iss", "https://x.example").sign()).code())
          .isEqualTo("token_issuer_invalid");
    }
  }

  @Test
  void keyOfOneTenantSignsForNoOther() throws Exception {
    String template = provider.url("/{tenantid}/v2.0");
    provider.at(
        "/common/v2.0" + OPENID,
        LocalHttp.serving(OpenIdServer.metadata(template, provider.url("/common/keys"))));
    provider.at(
        "/common/keys",
        LocalHttp.serving(
            TestKeys.jwks(
                List.of(
                    TestKeys.jwk(
                        TestKeys.RSA.getPublic(),
                        "one",
                        "issuer",
                        provider.url("/" + OTHER_TENANT + "/v2.0")),
                    TestKeys.jwk(TestKeys.RSA_2.getPublic(), "all", "issuer", template)))));
    Map<String, String> settings =
        settings(
            "drawbridge.jwt.issuer",
            template,
            "drawbridge.jwt.tenants",
            TENANT + "," + OTHER_TENANT,
            "drawbridge.users",
            "token");
    try (TestServer server = new TestServer(settings).start()) {
      TestTokens own =
          token(provider.url("/" + TENANT + "/v2.0"), TestKeys.RSA).claim("tid", TENANT);
      TestTokens other =
          token(provider.url("/" + OTHER_TENANT + "/v2.0"), TestKeys.RSA)
              .claim("tid", OTHER_TENANT);
      TestTokens all =
          token(provider.url("/" + TENANT + "/v2.0"), TestKeys.RSA_2)
              .claim("tid", TENANT)
              .header("kid", "all");

      assertThat(server.bearer(own.sign()).code()).isEqualTo("token_key_unknown");
      assertThat(server.bearer(other.sign()).status()).isEqualTo(101);
      assertThat(server.bearer(all.sign()).status()).isEqualTo(101);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '§',
      value = {
        "[] § must hold one JSON object",
        "{ § must hold one JSON object",
        "{} § must hold an array \"issuers\"",
        "{\"issuers\": []} § must hold an array \"issuers\" of 1 to 50",
        "{\"issuers\": {}} § must hold an array",
        "{\"issuers\": [1]} § issuers[0] of DRAWBRIDGE_JWT_ISSUERS_FILE must be an object",
        "{\"issuers\": [{}]} § issuers[0].issuer is required",
        "{\"issuers\": [{\"issuer\": 1}]} § issuers[0].issuer must be a text",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"audiense\": \"x\"}]} § audiense is unknown; the nearest name is audience",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"secret\": \"x\"}]} § secretFile",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"audience\": [1]}]} § audience must be a text or an array",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"audience\": []}]} § audience must be a text or an array",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"tokenUse\": \"both\"}]} § tokenUse must be one of access, id, any",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"audienceClaim\": \"sub\"}]} § audienceClaim must be one of aud",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"rolesClaim\": \"roles\"}]} § rolesClaim must hold JSON pointers",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"rolesClaim\": \"/https://b/roles\"}]} § /https:~1~1b~1roles",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"algorithms\": [\"RS1\"]}]} § algorithms must hold only names",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"algorithms\": [\"HS256\"]}]} § algorithms must not be HS",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"jwksUrl\": \"https://a/k\", \"jwksFile\": \"b\"}]} § keep exactly one source",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"jwksFile\": \"/absent\"}]} § jwksFile is not usable",
        "{\"issuers\": [{\"issuer\": \"my-app\"}]} § issuers[0].issuer is not usable",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"tenants\": \"t\"}]} § has no {tenantid}",
        "{\"issuers\": [{\"issuer\": \"https://a.example/{tenantid}\"}]} § tenants is required",
        "{\"issuers\": [{\"issuer\": \"https://a.example/{tenantId}\"}]} § no braces but those of {tenantid}",
        "{\"issuers\": [{\"issuer\": \"https://a.example/{tenant}\", \"jwksUrl\": \"https://k/\"}]} § no braces but those of {tenantid}",
        "{\"issuers\": [{\"issuer\": \"https://a.example/{}\", \"jwksUrl\": \"https://k/\"}]} § no braces but those of {tenantid}",
        "{\"issuers\": [{\"issuer\": \"https://a.example/{tenantid}/{x}\", \"tenants\": \"t\"}]} § no braces but those of {tenantid}",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"signs\": \"true\"}]} § signs must be true or false",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"signs\": 1}]} § signs must be true or false",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"signs\": true}]} § signs must stand beside a secretFile",
        "{\"issuers\": [{\"issuer\": \"https://a.example/{tenantid}\", \"tenants\": \"*\"}]} § must hold the tid",
        "{\"issuers\": [{\"issuer\": \"https://a.example/{tenantid}\", \"tenants\": \"common\"}]} § must hold the tid",
        "{\"issuers\": [{\"issuer\": \"https://a.example\"}, {\"issuer\": \"https://a.example\", \"jwksUrl\": \"https://b/k\"}]} § is configured twice",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"jwksUrl\": \"https://k/\"}, {\"issuer\": \"https://b.example\", \"jwksUrl\": \"https://k/\"}]} § must not share keys",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"subjectPrefix\": \"\"}, {\"issuer\": \"https://b.example\", \"subjectPrefix\": \"\"}]} § only one issuer may have subjects without a prefix",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"subjectPrefix\": \"a\"}, {\"issuer\": \"https://b.example\", \"subjectPrefix\": \"ab\"}]} § must not begin alike",
        "{\"issuers\": [{\"issuer\": \"https://a.example\"}, {\"issuer\": \"https://a.example/{tenantid}\", \"tenants\": \"t\", \"subjectPrefix\": \"x\"}]} § exactly where the issuer has it",
        "{\"issuers\": [{\"issuer\": \"https://a.example\", \"issuer\": \"https://b.example\"}]} § without duplicate members"
      })
  void wrongFileStopsTheStart(String content, String problem) throws Exception {
    List<String> problems = problems(file(content));

    assertThat(problems).isNotEmpty();
    assertThat(String.join("\n", problems)).contains(problem);
  }

  @ParameterizedTest
  @CsvSource({"{tenantId}", "{tenant}", "{TENANTID}", "{tid}"})
  void placeOfAnotherSpellingStopsTheStart(String place) {
    for (String more : List.of("", "https://k.example/keys")) {
      Map<String, String> settings =
          settings("drawbridge.jwt.issuer", "https://a.example/" + place + "/v2.0");
      if (!more.isEmpty()) {
        settings.put("drawbridge.jwt.jwks.url", more);
      }

      assertThat(problems(settings))
          .anyMatch(
              line ->
                  line.startsWith("DRAWBRIDGE_JWT_ISSUER must have no braces")
                      && line.contains(place));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://bob:hunter2@a.example",
    "https://hunter2@a.example",
    "https://bob:hunter2/x@a.example",
    "https://bob:hunter2@a.example/averylongpathaverylongpathaverylongpathaverylongpath",
    "http://bob:hunter2@a.example",
  })
  void passwordInAnIssuerIsNotTold(String issuer) throws Exception {
    String entry = "{\"issuer\": \"" + issuer + "\"}";
    List<List<String>> told =
        List.of(
            problems(settings("drawbridge.jwt.issuer", issuer + ", https://b.example")),
            problems(file("{\"issuers\": [" + entry + "," + entry + "]}")),
            problems(
                file(
                    "{\"issuers\": [%s, %s]}"
                        .formatted(
                            entry.replace("}", ", \"jwksUrl\": \"https://k/\"}"),
                            entry.replace("}", ", \"jwksUrl\": \"https://k/\"}")))),
            List.of(Settings.of(settings("drawbridge.jwt.issuer", issuer)).describe()));

    assertThat(told).allSatisfy(lines -> assertThat(lines).isNotEmpty());
    assertThat(told.toString()).doesNotContain("hunter2").contains("***");
  }

  @Test
  void onlyOneIssuerSignsOurOwnTokens() throws Exception {
    Files.writeString(directory.resolve("a"), TestTokens.SECRET);
    Files.writeString(directory.resolve("b"), TestTokens.SECRET + "b");

    List<String> problems =
        problems(
            file(
                "{\"issuers\": [{\"issuer\": \"a\", \"secretFile\": \"%s\", \"signs\": true}, {\"issuer\": \"b\", \"secretFile\": \"%s\", \"signs\": true}]}"
                    .formatted(directory.resolve("a"), directory.resolve("b"))));

    assertThat(problems).singleElement().asString().contains("only one issuer may have signs");
  }

  @Test
  void sameSecretInTwoFilesIsAShareOfKeys() throws Exception {
    Files.writeString(directory.resolve("a"), TestTokens.SECRET);
    Files.writeString(directory.resolve("b"), TestTokens.SECRET + "\n");

    List<String> problems =
        problems(
            file(
                "{\"issuers\": [{\"issuer\": \"a\", \"secretFile\": \"%s\"}, {\"issuer\": \"b\", \"secretFile\": \"%s\"}]}"
                    .formatted(directory.resolve("a"), directory.resolve("b"))));

    assertThat(problems).singleElement().asString().contains("must not share keys");
  }

  @Test
  void allProblemsOfAFileAreToldAtOnce() throws Exception {
    Map<String, String> settings =
        file(
            """
            {"issuers": [
              {"issuer": "https://a.example", "tokenUse": "x", "rolesClaim": "y"},
              {"issuer": "https://b.example", "audienceClaim": "z", "unknown": 1},
              {"issuer": "c"}], "more": 1}
            """);
    settings.put("drawbridge.jwt.issuer", "https://d.example");
    settings.put("drawbridge.jwt.secret", TestTokens.SECRET);

    assertThat(problems(settings)).hasSizeGreaterThanOrEqualTo(7);
  }

  @Test
  void listOfIssuersSharesNoKeySetting() {
    Map<String, String> settings =
        settings(
            "drawbridge.jwt.issuer", "https://a.example,https://b.example",
            "drawbridge.jwt.jwks.url", "https://a.example/keys");

    assertThat(problems(settings))
        .singleElement()
        .asString()
        .contains(
            "DRAWBRIDGE_JWT_JWKS_URL", "no two may share keys", "DRAWBRIDGE_JWT_ISSUERS_FILE");
  }

  @Test
  void absentFileAndOneThatIsTooLongAreSaid() throws Exception {
    assertThat(problems(settings("drawbridge.jwt.issuers.file", "/absent.json")))
        .anyMatch(line -> line.contains("DRAWBRIDGE_JWT_ISSUERS_FILE cannot be read"));
    assertThat(problems(file("{\"issuers\": [" + " ".repeat(300_000) + "]}")))
        .anyMatch(line -> line.contains("of at most 262144 bytes"));
  }
}
