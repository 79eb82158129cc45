package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Audience, use, subject and roles where providers write them, each by a real handshake. */
class IdentityClaimsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The user is the token's, so that what a token says is seen. */
  private static Map<String, String> settings(String... more) {
    Map<String, String> settings = TestServer.settings();
    settings.put("drawbridge.users", "token");
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    return settings;
  }

  private static String handshake(Map<String, String> settings, TestTokens token) throws Exception {
    try (TestServer server = new TestServer(settings).start()) {
      TestServer.Answer answer = server.bearer(token.sign());
      if (answer.status() != 101) {
        return answer.code();
      }
      Handshake handshake = server.upgrades.get(0).handshake();
      return handshake.user().subject()
          + " "
          + handshake.roles().stream().sorted().collect(Collectors.joining(","));
    }
  }

  private static TestTokens token(String json) throws Exception {
    TestTokens token = TestTokens.token("alice");
    for (Map.Entry<String, JsonNode> claim : JSON.readTree(json).properties()) {
      token.claim(claim.getKey(), JSON.convertValue(claim.getValue(), Object.class));
    }
    return token;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '§',
      value = {
        "aud § a,b § {\"aud\":\"b\"} § ok",
        "aud § a,b § {\"aud\":[\"x\",\"a\"]} § ok",
        "aud § a,b § {\"aud\":\"a,b\"} § no",
        "aud § a § {\"aud\":[],\"client_id\":\"a\"} § no",
        "aud § a § {\"aud\":null,\"azp\":\"a\"} § no",
        "azp § a,b § {\"aud\":\"account\",\"azp\":\"b\"} § ok",
        "azp § a § {\"aud\":\"a\"} § no",
        "azp § a § {\"aud\":\"a\",\"azp\":\"x\"} § no",
        "azp § a § {\"azp\":[\"a\"]} § no",
        "azp § a § {\"azp\":{\"a\":\"a\"}} § no",
        "azp § 1 § {\"azp\":1} § no",
        "azp § a § {\"azp\":\"A\"} § no",
        "azp § a § {\"azp\":\"a \"} § no",
        "client_id § a § {\"aud\":[],\"client_id\":\"a\"} § ok",
        "client_id § a § {\"client_id\":\"b\",\"azp\":\"a\"} § no",
        "cid § a § {\"cid\":\"a\"} § ok",
        "appid § a § {\"appid\":\"a\"} § ok"
      })
  void audienceStandsInTheClaimThatIsSetAndInNoOther(
      String claim, String audience, String claims, String expected) throws Exception {
    Map<String, String> settings =
        settings("drawbridge.jwt.audience", audience, "drawbridge.jwt.audience.claim", claim);

    String outcome = handshake(settings, token(claims));

    assertThat(outcome).isEqualTo(expected.equals("ok") ? "alice " : "token_audience_invalid");
  }

  @Test
  void hintNamesTheClaimInWhichTheAudienceStands() throws Exception {
    try (TestServer server = new TestServer(settings("drawbridge.jwt.audience", "a")).start()) {
      TestServer.Answer answer = server.bearer(token("{\"aud\":\"account\",\"azp\":\"a\"}").sign());

      assertThat(answer.body()).contains("it stands in azp", "DRAWBRIDGE_JWT_AUDIENCE_CLAIM");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '§',
      value = {
        "{} § ok § ok § ok",
        "{\"typ\":\"Bearer\"} § ok § no § ok",
        "{\"typ\":\"ID\"} § no § ok § ok",
        "{\"typ\":\"id\"} § no § ok § ok",
        "{\"typ\":[\"ID\"]} § no § ok § ok",
        "{\"typ\":\"Refresh\"} § no § no § no",
        "{\"typ\":\"Offline\"} § no § no § no",
        "{\"typ\":\"Logout\"} § no § no § no",
        "{\"typ\":\"at+jwt\"} § ok § no § ok",
        "{\"typ\":\"user\"} § ok § ok § ok",
        "{\"typ\":7} § ok § ok § ok",
        "{\"token_use\":\"access\"} § ok § no § ok",
        "{\"token_use\":\"id\"} § no § ok § ok",
        "{\"token_type\":\"access\"} § ok § no § ok",
        "{\"token_type\":\"refresh\"} § no § no § no",
        "{\"tokenType\":\"REFRESH_TOKEN\"} § no § no § no",
        "{\"type\":\"refresh\"} § no § no § no",
        "{\"type\":\"app\"} § ok § ok § ok",
        "{\"at_hash\":\"x\"} § no § ok § ok",
        "{\"c_hash\":\"x\"} § no § ok § ok",
        "{\"at_hash\":null} § ok § ok § ok",
        "{\"nonce\":\"x\"} § ok § ok § ok",
        "{\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}} § no § no § no",
        "{\"typ\":\"Bearer\",\"at_hash\":\"x\"} § no § no § ok"
      })
  void tokenOfAnotherUseIsRefused(String claims, String access, String id, String any)
      throws Exception {
    for (Map.Entry<String, String> use :
        Map.of("access", access, "id", id, "any", any).entrySet()) {
      String outcome = handshake(settings("drawbridge.jwt.token.use", use.getKey()), token(claims));

      assertThat(outcome)
          .as(use.getKey())
          .isEqualTo(use.getValue().equals("ok") ? "alice " : "token_use_invalid");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '§',
      value = {
        "oid § {\"oid\":\"7f\"} § 7f",
        "oid § {} § token_subject_invalid",
        "upn § {\"upn\":\"a@b\",\"sub\":null} § a@b",
        "preferred_username § {\"preferred_username\":\"al\"} § al",
        "preferred_username § {\"preferred_username\":[\"al\"]} § token_subject_invalid",
        "preferred_username § {\"preferred_username\":{\"a\":1}} § token_subject_invalid",
        "preferred_username § {\"preferred_username\":true} § token_subject_invalid",
        "preferred_username § {\"preferred_username\":\"\"} § token_subject_invalid",
        "preferred_username § {\"preferred_username\":\" al\"} § token_subject_invalid",
        "user_id § {\"user_id\":42} § 42",
        "user_id § {\"user_id\":-1} § -1",
        "user_id § {\"user_id\":90071992547409931234} § 90071992547409931234",
        "user_id § {\"user_id\":42.0} § token_subject_invalid",
        "user_id § {\"user_id\":42.5} § token_subject_invalid",
        "sub § {\"sub\":42} § 42",
        "/identity/id § {\"identity\":{\"id\":\"x\"}} § x",
        "/identity/id § {\"identity\":\"x\"} § token_subject_invalid",
        "/identity/id § {\"identity\":[]} § token_subject_invalid",
        "/identity/id § {\"identity\":7} § token_subject_invalid",
        "https://example.com/user § {\"https://example.com/user\":\"x\"} § x",
        "email § {\"email\":\"a@b.example\",\"email_verified\":true} § a@b.example",
        "email § {\"email\":\"a@b.example\",\"email_verified\":false} § token_email_unverified",
        "email § {\"email\":\"a@b.example\"} § token_email_unverified",
        "email § {\"email\":\"a@b.example\",\"email_verified\":null} § token_email_unverified",
        "email § {\"email\":\"a@b.example\",\"email_verified\":\"true\"} § a@b.example",
        "email § {\"email\":\"a@b.example\",\"email_verified\":1} § token_email_unverified",
        "email § {\"email\":\"a@b.example\",\"email_verified\":[true]} § token_email_unverified",
        "email § {\"email\":\"a@b.example\",\"emailVerified\":true} § token_email_unverified",
        "email § {\"email\":7,\"email_verified\":true} § token_subject_invalid",
        "/email § {\"email\":\"a@b.example\"} § token_email_unverified",
        "/u/email § {\"u\":{\"email\":\"a@b.example\"},\"email_verified\":true} § token_email_unverified",
        "/u/email § {\"u\":{\"email\":\"a@b.example\",\"email_verified\":true}} § a@b.example"
      })
  void subjectIsTheClaimThatIsSet(String claim, String claims, String expected) throws Exception {
    String outcome =
        handshake(settings("drawbridge.jwt.subject.claim", claim), token(claims)).strip();

    assertThat(outcome).isEqualTo(expected);
  }

  @Test
  void numberIsNoSubjectUnlessTheSettingIsGiven() throws Exception {
    assertThat(handshake(settings(), token("{\"sub\":42}"))).isEqualTo("token_subject_invalid");
  }

  static Stream<Arguments> roles() {
    String zitadel = "/urn:zitadel:iam:org:project:roles";
    return Stream.of(
        Arguments.of("/realm_access/roles", "{\"realm_access\":{\"roles\":[\"a\",\"b\"]}}", "a,b"),
        Arguments.of("/cognito:groups", "{\"cognito:groups\":[\"a\"]}", "a"),
        Arguments.of("/scope", "{\"scope\":\"a b  c\"}", "a,b,c"),
        Arguments.of("/scope", "{\"scope\":\"\"}", ""),
        Arguments.of("/scp", "{\"scp\":[\"a\",\"a\"]}", "a"),
        Arguments.of("/a/scp", "{\"a\":{\"scp\":\"a b\"}}", "a,b"),
        Arguments.of("/group", "{\"group\":\"Former admin\"}", "Former admin"),
        Arguments.of("/roles", "{\"roles\":\"admin\"}", "admin"),
        Arguments.of("/roles", "{\"roles\":\" a\"}", null),
        Arguments.of("/roles", "{\"roles\":\"\"}", ""),
        Arguments.of("/permissions,/roles", "{\"permissions\":[\"a\"],\"roles\":\"b\"}", "a,b"),
        Arguments.of("/https:~1~1e.com~1r", "{\"https://e.com/r\":[\"a\"]}", "a"),
        Arguments.of(zitadel, "{\"urn:zitadel:iam:org:project:roles\":{\"a\":{\"1\":\"d\"}}}", "a"),
        Arguments.of("/roles", "{\"roles\":{\"a\":true,\"b\":false,\"c\":null}}", "a"),
        Arguments.of("/admin", "{\"admin\":true}", "admin"),
        Arguments.of("/admin", "{\"admin\":false}", ""),
        Arguments.of("/groups", "{\"groups\":[\"Domain Users\"]}", "Domain Users"),
        Arguments.of("/roles", "{}", ""),
        Arguments.of("/roles", "{\"roles\":null}", ""),
        Arguments.of("/roles", "{\"roles\":[]}", ""),
        Arguments.of("/roles/x", "{\"roles\":\"admin\"}", null),
        Arguments.of("/realm_access/roles", "{\"realm_access\":\"admin\"}", null),
        Arguments.of("/realm_access/roles", "{\"realm_access\":[]}", null),
        Arguments.of("/realm_access/roles", "{\"realm_access\":[\"admin\"]}", null),
        Arguments.of("/realm_access/roles", "{\"realm_access\":7}", null),
        Arguments.of("/realm_access/roles", "{\"realm_access\":false}", null),
        Arguments.of("/a/b/roles", "{\"a\":{\"b\":\"\"}}", null),
        Arguments.of("/a/b/roles", "{\"a\":\"b\"}", null),
        Arguments.of("/realm_access/roles,/roles", "{\"realm_access\":1,\"roles\":\"a\"}", null),
        Arguments.of("/realm_access/roles", "{\"realm_access\":null}", ""),
        Arguments.of("/realm_access/roles", "{\"realm_access\":{}}", ""),
        Arguments.of("/realm_access/roles", "{\"realm_access\":{\"roles\":null}}", ""),
        Arguments.of("/a/b/roles", "{\"a\":{\"b\":null}}", ""),
        Arguments.of("/orgs/1/roles", "{\"orgs\":[{\"roles\":\"a\"}]}", ""),
        Arguments.of("/orgs/0/roles", "{\"orgs\":[{\"roles\":\"a\"}]}", "a"),
        Arguments.of("/orgs/0/roles", "{\"orgs\":[\"a\"]}", null),
        Arguments.of("/roles", "{\"roles\":1}", null),
        Arguments.of("/roles", "{\"roles\":[1]}", null),
        Arguments.of("/roles", "{\"roles\":[null]}", null),
        Arguments.of("/roles", "{\"roles\":[\"a\",[\"b\"]]}", null),
        Arguments.of("/roles", "{\"roles\":[{\"name\":\"a\"}]}", null),
        Arguments.of("/roles", "{\"roles\":[\"\"]}", null),
        Arguments.of("/roles", "{\"roles\":[\" a\"]}", null),
        Arguments.of("/roles", "{\"roles\":\"a\\nb\"}", null),
        Arguments.of("/roles", "{\"roles\":{\"a\":1}}", null),
        Arguments.of("/roles", "{\"roles\":{\"a\":\"true\"}}", null),
        Arguments.of("/realm_access", "{\"realm_access\":{\"roles\":[\"a\"]}}", null),
        Arguments.of(
            "/resource_access", "{\"resource_access\":{\"admin\":{\"roles\":[\"a\"]}}}", null));
  }

  @ParameterizedTest
  @MethodSource("roles")
  void rolesAreReadInTheFormsOfProvidersAndNoOther(String claim, String claims, String expected)
      throws Exception {
    String outcome = handshake(settings("drawbridge.jwt.roles.claim", claim), token(claims));

    assertThat(outcome).isEqualTo(expected == null ? "token_roles_invalid" : "alice " + expected);
  }

  @Test
  void moreRolesThanThereMayBeAreRefused() throws Exception {
    Map<String, String> settings =
        settings("drawbridge.jwt.roles.claim", "/roles", "drawbridge.jwt.max.length", "65536");
    List<String> most = IntStream.range(0, 1000).mapToObj(i -> "r" + i).toList();
    List<String> more = IntStream.range(0, 1001).mapToObj(i -> "r" + i).toList();

    try (TestServer server = new TestServer(settings).start()) {
      String long1 = TestTokens.token("alice").claim("roles", most).sign();
      String long2 = TestTokens.token("alice").claim("roles", more).sign();

      assertThat(server.runtime().authenticator().verify(long1).roles()).hasSize(1000);
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> server.runtime().authenticator().verify(long2)))
          .hasMessage("token_roles_invalid");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "database, database, 'admin,user'",
    "database, token, 't'",
    "database, both, 'admin,t,user'",
    "both, token, 't'",
    "both, both, 'admin,t,user'",
    "token, token, 't'"
  })
  void rolesThatCountAreThoseOfTheSetting(String users, String roles, String expected)
      throws Exception {
    Map<String, String> settings =
        settings(
            "drawbridge.users", users,
            "drawbridge.roles", roles,
            "drawbridge.jwt.roles.claim", "/roles");
    try (TestServer server = new TestServer(settings).start()) {
      assertThat(server.bearer(TestTokens.token("alice").claim("roles", "t").sign()).status())
          .isEqualTo(101);

      Handshake handshake = server.upgrades.get(0).handshake();
      assertThat(handshake.roles()).containsExactlyInAnyOrder(expected.split(","));
      assertThat(handshake.user().roles()).isEqualTo(handshake.roles());
      assertThat(handshake.tokenRoles()).containsExactly("t");
      assertThat(
              server
                  .plain(
                      "/api",
                      "Host: localhost",
                      "Authorization: Bearer "
                          + TestTokens.token("alice").claim("roles", "admin").sign())
                  .body())
          .contains("admin=true");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"roles", "/", "/a~2", "/https://example.com/roles", "a/b"})
  void pointerThatIsNoneStopsTheStart(String pointer) {
    List<String> problems =
        HandshakeAuthenticator.problems(
            Settings.of(settings("drawbridge.jwt.roles.claim", pointer)));

    assertThat(problems)
        .singleElement()
        .asString()
        .contains("DRAWBRIDGE_JWT_ROLES_CLAIM must hold JSON pointers");
  }

  @Test
  void rolesOfTheTokenNeedTheirClaimAndNoDatabaseHasTheRolesOfTokens() {
    assertThat(problems("drawbridge.users", "database", "drawbridge.roles", "token"))
        .singleElement()
        .asString()
        .contains("DRAWBRIDGE_JWT_ROLES_CLAIM is required");
    assertThat(problems("drawbridge.roles", "database", "drawbridge.jwt.roles.claim", "/roles"))
        .singleElement()
        .asString()
        .contains("DRAWBRIDGE_ROLES must be token");
    assertThat(problems("drawbridge.jwt.roles.claim", "/roles")).isEmpty();
  }

  private static List<String> problems(String... more) {
    return HandshakeAuthenticator.problems(Settings.of(settings(more)));
  }

  @Test
  void claimsAreReadableAndPrintedNowhere() throws Exception {
    Map<String, Object> nested = new LinkedHashMap<>();
    nested.put("text", "canary-text");
    nested.put("list", Arrays.asList(1L, "canary-element", null, true, 1.5));
    try (TestServer server = new TestServer(settings()).start()) {
      server.bearer(
          TestTokens.token("alice")
              .claim("nested", nested)
              .claim("big", new BigInteger("90071992547409931234"))
              .claim("tenant", "canary-tenant")
              .sign());

      Handshake handshake = server.upgrades.get(0).handshake();
      Map<String, Object> claims = handshake.claims();
      assertThat(handshake.toString() + claims).doesNotContain("canary");
      assertThat(claims)
          .containsEntry("tenant", "canary-tenant")
          .containsEntry("sub", "alice")
          .containsEntry("nested", nested)
          .containsEntry("big", new BigInteger("90071992547409931234"))
          .containsKeys("iss", "aud", "exp", "iat")
          .doesNotContainKey("absent");
      assertThat(claims.get("exp")).isInstanceOf(Long.class);
      assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> claims.put("sub", "mallory")))
          .isInstanceOf(UnsupportedOperationException.class);
    }
  }

  @Test
  void handshakeOfAnApplicationsOwnKeepsItsClaimsToItself() {
    Handshake handshake =
        new Handshake(
            dev.drawbridge.db.user.User.of("a", "a", Set.of()),
            null,
            null,
            java.time.Instant.EPOCH,
            Set.of(),
            null,
            "id",
            "cookie",
            Set.of(),
            Map.of("secret", "canary"));

    assertThat(handshake.claims()).containsEntry("secret", "canary");
    assertThat(handshake.toString() + handshake.claims()).doesNotContain("canary");
  }

  @Test
  void tokenMayBeAsLongAsTheSettingSaysWhereTheHeadIsLongEnough() throws Exception {
    Map<String, String> settings = settings("drawbridge.jwt.max.length", "12000");
    try (TestServer server = new TestServer(settings).start()) {
      String groups = "g".repeat(6500);
      String token = TestTokens.token("alice").claim("groups", groups).sign();
      String longest = TestTokens.token("alice").claim("groups", "g".repeat(9000)).sign();

      assertThat(token.length()).isGreaterThan(6144);
      assertThat(server.runtime().authenticator().verify(token).subject()).isEqualTo("alice");
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> server.runtime().authenticator().verify(longest)))
          .hasMessage("token_too_large");
      assertThat(server.runtime().authenticator().tokenCache().size()).isZero();
      assertThat(server.runtime().settings().warnings())
          .anyMatch(line -> line.contains("requestHeaderSize") && line.contains("Tomcat"));
      assertThat(server.bearer(token).status()).isEqualTo(431);
    }
  }

  @Test
  void settingsOfAudienceAndUseHaveTheWordsOfTheirRules() {
    assertThat(HandshakeAuthenticator.problems(Settings.of(settings()))).isEmpty();
    for (Setting setting : List.of(Setting.JWT_AUDIENCE_CLAIM, Setting.JWT_TOKEN_USE)) {
      List<String> words =
          setting == Setting.JWT_AUDIENCE_CLAIM
              ? dev.drawbridge.filters.jwt.token.AudienceRule.CLAIMS
              : dev.drawbridge.filters.jwt.token.TokenUse.WORDS;
      for (String word : words) {
        assertThat(problems(setting.property(), word)).isEmpty();
      }
      assertThat(Settings.of(settings(setting.property(), "other")).problems())
          .singleElement()
          .asString()
          .contains(String.join(", ", words));
    }
  }
}
