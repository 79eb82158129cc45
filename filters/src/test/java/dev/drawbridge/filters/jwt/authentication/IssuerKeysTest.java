package dev.drawbridge.filters.jwt.authentication;

import static dev.drawbridge.filters.testing.OpenIdServer.OPENID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.filters.jwt.keys.SigningKeys;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.testing.OpenIdServer;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.LocalHttp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No key verifies the tokens of two issuers, whenever and however it comes to both. */
class IssuerKeysTest {

  @TempDir Path directory;

  private final AtomicLong nanoTime = new AtomicLong();
  private OpenIdServer provider;
  private String first;

  @BeforeEach
  void start() {
    provider = new OpenIdServer();
    first = provider.provider("/first", TestKeys.RSA, "one");
  }

  @AfterEach
  void stop() {
    provider.close();
  }

  private static Map<String, String> settings(String name, String value) {
    Map<String, String> settings = new LinkedHashMap<>(TestServer.settings());
    settings.remove("drawbridge.jwt.secret");
    settings.remove("drawbridge.jwt.issuer");
    settings.put("drawbridge.users", "token");
    settings.put(name, value);
    return settings;
  }

  private Map<String, String> file(String issuers) throws Exception {
    Path file = Files.createTempFile(directory, "issuers", ".json");
    Files.writeString(file, "{\"issuers\": [" + issuers + "]}");
    return settings("drawbridge.jwt.issuers.file", file.toString());
  }

  private static String token(String issuer, KeyPair keys, String keyId) {
    return TestTokens.token("alice")
        .claim("iss", issuer)
        .key("RS256", keys.getPrivate())
        .header("kid", keyId)
        .sign();
  }

  private static String jwks(KeyPair keys, String keyId, Object... members) {
    return TestKeys.jwks(TestKeys.jwk(keys.getPublic(), keyId, members));
  }

  @ParameterizedTest
  @ValueSource(strings = {"one", "other"})
  void setThatLeadsToTheKeysOfAnIssuerInFrontIsRefused(String keyId) throws Exception {
    String second = provider.url("/second");
    provider.at(
        "/second" + OPENID, LocalHttp.serving(OpenIdServer.metadata(second, first + "/keys")));
    if (!keyId.equals("one")) {
      // A copy under another name.
      provider.at(
          "/second" + OPENID, LocalHttp.serving(OpenIdServer.metadata(second, second + "/keys")));
      provider.at("/second/keys", OpenIdServer.keySet(TestKeys.RSA, keyId));
    }
    try (TestServer server =
        new TestServer(settings("drawbridge.jwt.issuer", first + "," + second)).start()) {
      TestServer.Answer refused = server.bearer(token(second, TestKeys.RSA, keyId));

      assertThat(refused.code()).isEqualTo("issuer_keys_shared");
      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.body()).contains(first, second);
      assertThat(server.bearer(token(first, TestKeys.RSA, "one")).status()).isEqualTo(101);
      assertThat(server.runtime().authenticator().isReady()).isFalse();
    }
  }

  @Test
  void fileWithACopyOfFetchedKeysIsRefused() throws Exception {
    Path copy = directory.resolve("copy.jwks");
    Files.writeString(copy, jwks(TestKeys.RSA, "copied", "alg", "RS256"));
    Map<String, String> settings =
        file(
            "{\"issuer\": \"%s\"}, {\"issuer\": \"other\", \"jwksFile\": \"%s\"}"
                .formatted(first, copy));
    try (TestServer server = new TestServer(settings).start()) {
      assertThat(server.bearer(token("other", TestKeys.RSA, "copied")).code())
          .isEqualTo("issuer_keys_shared");
      assertThat(server.bearer(token(first, TestKeys.RSA, "one")).status()).isEqualTo(101);
    }
  }

  @Test
  void rememberedTokenEndsWhenAnIssuerInFrontTakesItsKey() throws Exception {
    String second = provider.provider("/second", TestKeys.RSA_2, "two");
    try (TestServer server =
        new TestServer(settings("drawbridge.jwt.issuer", first + "," + second)).start()) {
      String known = token(second, TestKeys.RSA_2, "two");
      assertThat(server.bearer(known).status()).isEqualTo(101);
      assertThat(server.bearer(token(first, TestKeys.RSA, "one")).status()).isEqualTo(101);

      provider.at("/first/keys", OpenIdServer.keySet(TestKeys.RSA_2, "new"));

      assertThat(server.bearer(token(first, TestKeys.RSA_2, "new")).status()).isEqualTo(101);
      assertThat(server.bearer(known).code()).isEqualTo("issuer_keys_shared");
    }
  }

  @Test
  void keysThatNameTheirIssuersMayStandInBothSets() throws Exception {
    String second = provider.url("/second");
    String both =
        TestKeys.jwks(
            List.of(
                TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "issuer", first),
                TestKeys.jwk(TestKeys.RSA_2.getPublic(), "two", "issuer", second)));
    provider.at("/first/keys", LocalHttp.serving(both));
    provider.at(
        "/second" + OPENID, LocalHttp.serving(OpenIdServer.metadata(second, second + "/keys")));
    provider.at("/second/keys", LocalHttp.serving(both));
    try (TestServer server =
        new TestServer(settings("drawbridge.jwt.issuer", first + "," + second)).start()) {
      assertThat(server.bearer(token(first, TestKeys.RSA, "one")).status()).isEqualTo(101);
      assertThat(server.bearer(token(second, TestKeys.RSA_2, "two")).status()).isEqualTo(101);
      assertThat(server.bearer(token(second, TestKeys.RSA, "one")).code())
          .isEqualTo("token_key_unknown");
    }
  }

  private List<SigningKeys> opened(Map<String, String> settings) {
    List<String> problems = new ArrayList<>();
    List<TrustedIssuer> issuers = TrustedIssuers.of(Settings.of(settings), problems);
    assertThat(problems).isEmpty();
    return IssuerKeys.apart(issuers, IssuerKeys.open(issuers, Clock.systemUTC(), nanoTime::get));
  }

  private void change(Path file, String content) throws Exception {
    Files.writeString(file, content);
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_000L * nanoTime.incrementAndGet()));
    nanoTime.addAndGet(Duration.ofSeconds(11).toNanos());
  }

  @Test
  void fileThatBecomesAnothersIsRefusedUntilItIsItsOwn() throws Exception {
    Path one = directory.resolve("one");
    Path two = directory.resolve("two");
    Files.writeString(one, jwks(TestKeys.RSA, "one"));
    Files.writeString(two, jwks(TestKeys.RSA_2, "two"));
    List<SigningKeys> keys =
        opened(
            file(
                "{\"issuer\": \"a\", \"jwksFile\": \"%s\"}, {\"issuer\": \"b\", \"jwksFile\": \"%s\"}"
                    .formatted(one, two)));
    assertThat(keys.get(1).current().entries()).hasSize(1);

    change(two, jwks(TestKeys.RSA, "mine"));

    assertThatThrownBy(keys.get(1)::current).hasMessage("issuer_keys_shared");
    assertThat(keys.get(1).isReady()).isFalse();
    assertThat(keys.get(0).current().entries()).hasSize(1);
    change(two, jwks(TestKeys.RSA_2, "two"));
    assertThat(keys.get(1).current().entries()).hasSize(1);
    assertThat(keys.get(1).isReady()).isTrue();
    change(one, jwks(TestKeys.RSA_2, "taken"));
    assertThatThrownBy(keys.get(1)::current).hasMessage("issuer_keys_shared");
  }

  /** HMAC takes a secret and the same with zeros behind it for one. */
  @ParameterizedTest
  @ValueSource(strings = {"", "\0", "\0\0"})
  void secretThatBecomesAnothersIsRefused(String more) throws Exception {
    Path one = directory.resolve("one");
    Path two = directory.resolve("two");
    Files.writeString(one, TestTokens.SECRET);
    Files.writeString(two, "Zq8LmW3xYt6VbN1cRk5HsJd9GfPe2UaQ7iTo");
    List<SigningKeys> keys =
        opened(
            file(
                "{\"issuer\": \"a\", \"secretFile\": \"%s\"}, {\"issuer\": \"b\", \"secretFile\": \"%s\"}"
                    .formatted(one, two)));
    assertThat(keys.get(1).current().entries()).hasSize(1);

    change(two, TestTokens.SECRET + more);

    assertThatThrownBy(keys.get(1)::current).hasMessage("issuer_keys_shared");
    assertThat(keys.get(0).current().entries()).hasSize(1);
  }
}
