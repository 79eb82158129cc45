package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.drawbridge.db.user.User;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.LocalHttp;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The page of identity providers as its reader uses it: the block of each section is pasted into a
 * production server, and a token of the shape that the provider sends opens the WebSocket; the
 * wrong ones of the section get the code that stands beside them.
 *
 * <p>Two things differ from the provider itself. {@code https://HOST} in the issuer and the URL of
 * keys, in the settings and in the tokens, becomes {@code http://localhost:PORT/HOST}, where the
 * test publishes metadata and keys, and so {@code DRAWBRIDGE_JWT_ALLOW_HTTP} is set beside the
 * block. And {@code /run/secrets/jwt} is a file of the test.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IdentityProvidersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path PAGE = Path.of("..", "docs", "identity-providers.md");
  private static final Pattern ROW = Pattern.compile("\\| ([^|]+) \\| `(token_\\w+)` \\|");

  /**
   * What a section says.
   *
   * @param settings of its block, in order
   * @param wrong from the kind of token to its code
   */
  record Section(String name, Map<String, String> settings, Map<String, String> wrong) {
    @Override
    public String toString() {
      return name;
    }
  }

  @TempDir private static Path folder;
  private JsonNode shapes;
  private LocalHttp issuer;

  /** The issuer that the metadata names, as the settings have it. */
  private volatile String announced = "";

  @BeforeAll
  void publish() throws IOException {
    try (InputStream file =
        IdentityProvidersTest.class.getResourceAsStream("provider-tokens.json")) {
      shapes = JSON.readTree(file);
    }
    Files.writeString(folder.resolve("jwt"), TestTokens.SECRET);
    issuer = new LocalHttp().otherwise(this::answer);
  }

  @AfterAll
  void withdraw() {
    issuer.close();
  }

  private String base() {
    return issuer.url("/");
  }

  private String local(String url) {
    return url.replace("https://", base());
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String body =
        path.endsWith("/.well-known/openid-configuration")
            ? JSON.createObjectNode()
                .put("issuer", announced)
                .put("jwks_uri", base() + "published/keys")
                .toString()
            : TestKeys.jwks(
                List.of(
                    TestKeys.jwk(TestKeys.RSA.getPublic(), "rsa"),
                    TestKeys.jwk(TestKeys.P256.getPublic(), "ec")));
    boolean known = path.contains("keys") || path.contains("jwks") || path.contains("openid-");
    LocalHttp.answering(known ? 200 : 404, known ? body : "", "Content-Type", "application/json")
        .answer(exchange);
  }

  static List<Section> sections() throws IOException {
    List<Section> sections = new ArrayList<>();
    for (String text : Files.readString(PAGE).split("\n## ", -1)) {
      int block = text.indexOf("```properties\n");
      if (block < 0) {
        continue;
      }
      Map<String, String> settings = new LinkedHashMap<>();
      String lines = text.substring(block + 14, text.indexOf("```", block + 14));
      for (String line : lines.strip().split("\n", -1)) {
        int equals = line.indexOf('=');
        settings.put(line.substring(0, equals), line.substring(equals + 1));
      }
      Map<String, String> wrong = new LinkedHashMap<>();
      Matcher row = ROW.matcher(text);
      while (row.find()) {
        wrong.put(row.group(1), row.group(2));
      }
      sections.add(new Section(text.substring(0, text.indexOf('\n')), settings, wrong));
    }
    return sections;
  }

  @Test
  void everySectionAndEachOfItsWrongTokensHasItsShape() throws IOException {
    Map<String, Set<String>> told = new LinkedHashMap<>();
    Map<String, Set<String>> tried = new LinkedHashMap<>();
    for (Section section : sections()) {
      told.put(section.name(), new TreeSet<>(section.wrong().keySet()));
      Set<String> names = new TreeSet<>();
      shapes.path(section.name()).path("wrong").fieldNames().forEachRemaining(names::add);
      tried.put(section.name(), names);
    }

    assertThat(tried).isEqualTo(told);
    assertThat(told).hasSize(shapes.size()).hasSizeGreaterThan(16);
    assertThat(told.values()).noneMatch(Set::isEmpty);
  }

  /** The first table has a row for each section, which leads to it. */
  @Test
  void theTableLeadsToEverySection() throws IOException {
    String page = Files.readString(PAGE);

    for (Section section : sections()) {
      String anchor =
          section.name().toLowerCase(java.util.Locale.ROOT).replace(",", "").replace(' ', '-');
      assertThat(page).contains("| [" + section.name() + "](#" + anchor + ") |");
    }
  }

  @ParameterizedTest
  @MethodSource("sections")
  void pastedSettingsTakeTheTokenOfTheProviderAndRefuseTheWrongOnes(Section section)
      throws Exception {
    JsonNode shape = shapes.path(section.name());
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("ENVIRONMENT", "production");
    settings.put("DRAWBRIDGE_AUTH_FAILURES_PER_MINUTE", "0");
    settings.put("DRAWBRIDGE_JWT_ALLOW_HTTP", "true");
    section.settings().forEach((name, value) -> settings.put(name, pasted(name, value)));
    announced = String.valueOf(settings.get("DRAWBRIDGE_JWT_ISSUER"));
    String subject = shape.path("subject").asText();
    try (TestServer server = new TestServer(settings)) {
      server.users.put(subject, User.of(subject, subject, Set.of()));
      server.start();
      Revocations revocations = server.runtime().authenticator().revocations();
      revocations.revoke("revoked", Instant.now().plusSeconds(3600));

      assertThat(code(server, token(shape, JSON.createObjectNode()))).isEqualTo("101");
      Handshake handshake = server.upgrades.get(0).handshake();
      assertThat(handshake.user().subject()).isEqualTo(subject);
      assertThat(handshake.roles()).containsExactlyInAnyOrderElementsOf(texts(shape.path("roles")));

      Map<String, String> answers = new LinkedHashMap<>();
      for (String kind : section.wrong().keySet()) {
        answers.put(kind, code(server, token(shape, shape.path("wrong").path(kind))));
      }
      assertThat(answers).isEqualTo(section.wrong());
    }
  }

  private String pasted(String name, String value) {
    return switch (name) {
      case "DRAWBRIDGE_JWT_ISSUER", "DRAWBRIDGE_JWT_JWKS_URL" -> local(value);
      case "DRAWBRIDGE_JWT_SECRET_FILE" -> folder.resolve("jwt").toString();
      default -> value;
    };
  }

  private static String code(TestServer server, String token) {
    TestServer.Answer answer = server.bearer(token);
    return answer.status() == 101 ? "101" : answer.code();
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(each -> texts.add(each.asText()));
    return texts;
  }

  /** The token of a shape, or a wrong one that differs in what is given: null removes a member. */
  private String token(JsonNode shape, JsonNode difference) {
    if (difference.has("raw")) {
      return difference.get("raw").asText();
    }
    ObjectNode header = patched(shape.get("header"), difference.path("header"));
    ObjectNode claims = shape.get("claims").deepCopy();
    long now = Instant.now().getEpochSecond();
    claims.put("iat", now).put("exp", now + shape.path("ttl").asLong(3600));
    claims =
        difference.has("replace")
            ? difference.get("replace").deepCopy()
            : patched(claims, difference.path("claims"));
    if (claims.path("iss").isTextual()) {
      claims.put("iss", local(claims.get("iss").asText()));
    }
    String key = difference.path("key").asText(shape.path("key").asText(""));
    return key.equals("none") ? unsigned(header, claims) : signed(header, claims, key);
  }

  private static ObjectNode patched(JsonNode object, JsonNode patch) {
    ObjectNode copy = object.deepCopy();
    patch
        .properties()
        .forEach(
            member -> {
              if (member.getValue().isNull()) {
                copy.remove(member.getKey());
              } else {
                copy.set(member.getKey(), member.getValue());
              }
            });
    return copy;
  }

  private static String signed(ObjectNode header, ObjectNode claims, String name) {
    Key key =
        switch (name) {
          case "secret" -> TestTokens.SECRET_KEY;
          case "other-rsa" -> TestKeys.RSA_2.getPrivate();
          case "other-secret" ->
              new javax.crypto.spec.SecretKeySpec(
                  "x4Qm".repeat(20).getBytes(StandardCharsets.UTF_8), "HMAC");
          default ->
              header.path("kid").asText().equals("ec")
                  ? TestKeys.P256.getPrivate()
                  : TestKeys.RSA.getPrivate();
        };
    return TestTokens.signRaw(
        header.toString(), claims.toString().getBytes(StandardCharsets.UTF_8), key);
  }

  private static String unsigned(ObjectNode header, ObjectNode claims) {
    return Stream.of(header, claims)
        .map(part -> part.toString().getBytes(StandardCharsets.UTF_8))
        .map(Base64.getUrlEncoder().withoutPadding()::encodeToString)
        .reduce("", (all, part) -> all + part + ".");
  }
}
