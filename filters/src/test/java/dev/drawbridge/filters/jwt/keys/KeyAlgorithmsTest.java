package dev.drawbridge.filters.jwt.keys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.JwksServer;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.LocalHttp;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which algorithms are taken when nobody has named any. */
class KeyAlgorithmsTest {
  @TempDir Path directory;

  private static final byte[] LONG = new byte[64];

  static {
    for (int i = 0; i < LONG.length; i++) {
      LONG[i] = (byte) (i * 89 + 7);
    }
  }

  private static Map<String, String> settings(String property, String value) {
    Map<String, String> settings = TestServer.production();
    settings.remove("drawbridge.jwt.secret");
    settings.put(property, value);
    return settings;
  }

  private static String code(TestServer server, String algorithm, Key key, String keyId) {
    TestTokens token = TestTokens.token("alice").key(algorithm, key);
    String signed = (keyId == null ? token : token.header("kid", keyId)).sign();
    TestServer.Answer answer = server.bearer(signed);
    return answer.status() == 101 ? "ok" : answer.code();
  }

  @ParameterizedTest
  @CsvSource({
    "32, ok, token_alg_not_allowed, token_alg_not_allowed",
    "47, ok, token_alg_not_allowed, token_alg_not_allowed",
    "48, ok, ok, token_alg_not_allowed",
    "63, ok, ok, token_alg_not_allowed",
    "64, ok, ok, ok",
  })
  void secretAllowsWhatItsLengthAllows(int bytes, String hs256, String hs384, String hs512)
      throws Exception {
    byte[] secret = Arrays.copyOf(LONG, bytes);
    Key key = new SecretKeySpec(secret, "HMAC");
    for (String text :
        new String[] {
          "base64url:" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret),
          "base64url:" + Base64.getUrlEncoder().encodeToString(secret),
          "base64:" + Base64.getEncoder().encodeToString(secret),
          "base64:" + Base64.getEncoder().withoutPadding().encodeToString(secret),
        }) {
      try (TestServer server = new TestServer(settings("drawbridge.jwt.secret", text)).start()) {
        assertThat(code(server, "HS256", key, null)).isEqualTo(hs256);
        assertThat(code(server, "HS384", key, null)).isEqualTo(hs384);
        assertThat(code(server, "HS512", key, null)).isEqualTo(hs512);
      }
    }
  }

  /** {@code openssl rand -base64 48} makes 64 characters, and jjwt takes HS512 for 64 bytes. */
  @Test
  void secretThatTheStartErrorProposesSignsByEachAlgorithm() throws Exception {
    String proposed = Base64.getEncoder().encodeToString(Arrays.copyOf(LONG, 48));
    Key key = new SecretKeySpec(proposed.getBytes(StandardCharsets.UTF_8), "HMAC");
    Path file = directory.resolve("secret");
    Files.writeString(file, proposed + "\n");
    for (Map<String, String> settings :
        List.of(
            settings("drawbridge.jwt.secret", proposed),
            settings("drawbridge.jwt.secret.file", file.toString()))) {
      try (TestServer server = new TestServer(settings).start()) {
        for (String algorithm : List.of("HS256", "HS384", "HS512")) {
          assertThat(code(server, algorithm, key, null)).as(algorithm).isEqualTo("ok");
        }
      }
    }
  }

  @Test
  void keySetAllowsTheFamilyOfEachOfItsKeys() throws Exception {
    Path file = directory.resolve("keys.json");
    Files.writeString(
        file,
        TestKeys.jwks(
            List.of(
                TestKeys.jwk(TestKeys.RSA.getPublic(), "any"),
                TestKeys.jwk(TestKeys.RSA_2.getPublic(), "one", "alg", "RS512"),
                TestKeys.jwk(TestKeys.P256.getPublic(), "p256"),
                TestKeys.jwk(TestKeys.P384.getPublic(), "p384"),
                TestKeys.jwk(TestKeys.ED25519.getPublic(), "ed"))));
    try (TestServer server =
        new TestServer(settings("drawbridge.jwt.jwks.file", file.toString())).start()) {
      for (String algorithm : List.of("RS256", "RS384", "RS512", "PS256", "PS512")) {
        assertThat(code(server, algorithm, TestKeys.RSA.getPrivate(), "any")).isEqualTo("ok");
      }
      assertThat(code(server, "RS512", TestKeys.RSA_2.getPrivate(), "one")).isEqualTo("ok");
      assertThat(code(server, "RS256", TestKeys.RSA_2.getPrivate(), "one"))
          .isEqualTo("token_key_unknown");
      assertThat(code(server, "ES256", TestKeys.P256.getPrivate(), "p256")).isEqualTo("ok");
      assertThat(code(server, "ES384", TestKeys.P384.getPrivate(), "p384")).isEqualTo("ok");
      assertThat(code(server, "EdDSA", TestKeys.ED25519.getPrivate(), "ed")).isEqualTo("ok");
      // Another family than the key's own, and a public key taken for a secret.
      assertThat(code(server, "ES256", TestKeys.P256.getPrivate(), "any"))
          .isEqualTo("token_key_unknown");
      Key confused = new SecretKeySpec(TestKeys.RSA.getPublic().getEncoded(), "HMAC");
      assertThat(code(server, "HS256", confused, "any")).isEqualTo("token_alg_not_allowed");
    }
  }

  @Test
  void keySetByUrlNeedsNoAlgorithmsAndFollowsARotationToAnotherFamily() throws Exception {
    Map<String, KeyPair> pairs =
        Map.of("ES256", TestKeys.P256, "EdDSA", TestKeys.ED25519, "RS512", TestKeys.RSA);
    for (Map.Entry<String, KeyPair> each : pairs.entrySet()) {
      String served =
          TestKeys.jwks(TestKeys.jwk(each.getValue().getPublic(), "k", "alg", each.getKey()));
      try (JwksServer keys = new JwksServer(served)) {
        Map<String, String> settings = TestServer.settings();
        settings.remove("drawbridge.jwt.secret");
        settings.put("drawbridge.jwt.jwks.url", keys.url().toString());
        try (TestServer server = new TestServer(settings).start()) {
          assertThat(code(server, each.getKey(), each.getValue().getPrivate(), "k"))
              .as(each.getKey())
              .isEqualTo("ok");

          keys.behave(
              LocalHttp.serving(TestKeys.jwks(TestKeys.jwk(TestKeys.P384.getPublic(), "next"))));

          assertThat(code(server, "ES384", TestKeys.P384.getPrivate(), "next")).isEqualTo("ok");
          assertThat(code(server, each.getKey(), each.getValue().getPrivate(), "k"))
              .isEqualTo("token_alg_not_allowed");
        }
      }
    }
  }
}
