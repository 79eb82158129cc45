package dev.drawbridge.filters.jwt.authentication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.jwt.keys.AllowedAlgorithms;
import dev.drawbridge.filters.jwt.keys.KeySet;
import dev.drawbridge.filters.jwt.keys.SignatureAlgorithm;
import dev.drawbridge.filters.jwt.keys.SigningKeys;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwtConfigTest {

  @TempDir Path directory;

  private static Map<String, String> keyless(Map<String, String> settings) {
    Map<String, String> copy = new LinkedHashMap<>(settings);
    copy.remove("drawbridge.jwt.secret");
    return copy;
  }

  private static List<String> problems(Map<String, String> settings) {
    return HandshakeAuthenticator.problems(Settings.of(settings));
  }

  private static List<String> problemsWith(Map<String, String> settings, String... more) {
    Map<String, String> copy = new LinkedHashMap<>(settings);
    for (int i = 0; i < more.length; i += 2) {
      copy.put(more[i], more[i + 1]);
    }
    return problems(copy);
  }

  private static JwtConfig config(Map<String, String> settings) {
    List<String> problems = new ArrayList<>();
    JwtConfig config = JwtConfig.of(Settings.of(settings), problems);
    assertThat(problems).isEmpty();
    return config;
  }

  private String file(String content) throws IOException {
    Path file = Files.createTempFile(directory, "key", "");
    Files.writeString(file, content);
    return file.toString();
  }

  private String pem(PublicKey key) throws IOException {
    return file(TestKeys.pem(key));
  }

  @Test
  void productionListsEverythingThatIsMissingAtOnce() {
    List<String> problems = problems(Map.of("ENVIRONMENT", "production"));

    assertThat(problems).hasSize(3);
    assertThat(problems.get(0))
        .contains("DRAWBRIDGE_JWT_SECRET, DRAWBRIDGE_JWT_SECRET_FILE, DRAWBRIDGE_JWT_PUBLIC_KEY")
        .contains("openssl rand");
    assertThat(problems.get(1)).startsWith("DRAWBRIDGE_JWT_ISSUER is required in production");
    assertThat(problems.get(2)).startsWith("DRAWBRIDGE_JWT_AUDIENCE is required in production");
  }

  @Test
  void developmentNeedsNothing() {
    JwtConfig config = config(Map.of("ENVIRONMENT", "development", "WEBSOCKET_DEV_MODE", "true"));

    assertThat(config.keys().algorithms()).isEqualTo(AllowedAlgorithms.ofKeys(true));
    assertThat(config.keys().madeForThisStart()).isTrue();
    assertThat(config.issuer()).isEqualTo("http://localhost");
    assertThat(config.failuresPerMinute()).isZero();
  }

  @Test
  void twoSourcesOfKeysAreNamed() throws IOException {
    assertThat(
            problemsWith(
                TestServer.settings(), "drawbridge.jwt.public.key", pem(TestKeys.RSA.getPublic())))
        .containsExactly(
            "DRAWBRIDGE_JWT_SECRET, DRAWBRIDGE_JWT_PUBLIC_KEY are set; keep exactly one source of"
                + " keys");
  }

  @ParameterizedTest
  @CsvSource({
    "short, at least 32 bytes: 5",
    "changemechangemechangemechangeme, a sample that everybody knows",
    "your-256-bit-secret-your-256-bit-secret, a sample that everybody knows",
    "a-string-secret-at-least-256-bits-long, a sample that everybody knows",
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75, a sample that everybody knows",
    "base64url:AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow, a sample that everybody knows",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, repeats itself",
    "qwertzuiopqwertzuiopqwertzuiopqwertzuiop, repeats itself",
    "base64url:####, after base64url:",
    "base64url:AAAA, at least 32 bytes: 3"
  })
  void weakSecretIsRefusedInProductionAndNotShown(String secret, String reason) {
    List<String> problems = problemsWith(TestServer.production(), "drawbridge.jwt.secret", secret);

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0)).startsWith("DRAWBRIDGE_JWT_SECRET").contains(reason);
    assertThat(problems.get(0)).doesNotContain(secret);
    assertThat(problemsWith(TestServer.production(), "drawbridge.jwt.secret.previous", secret))
        .singleElement()
        .satisfies(problem -> assertThat(problem).contains("PREVIOUS").doesNotContain(secret));
  }

  @Test
  void secretOfExactly32BytesIsEnough() {
    assertThat(
            problemsWith(
                TestServer.production(),
                "drawbridge.jwt.secret",
                "kT9vXw2Lq7ZrB4nYc8MfHs1DgPe6JuAa"))
        .isEmpty();
    assertThat(
            problemsWith(
                TestServer.production(),
                "drawbridge.jwt.secret",
                "kT9vXw2Lq7ZrB4nYc8MfHs1DgPe6JuA"))
        .hasSize(1);
  }

  @Test
  void secretAndThePreviousOneAreBothInForce() throws Exception {
    Map<String, String> settings = TestServer.production();
    settings.put("drawbridge.jwt.secret.previous", "nE4xtSv8bTk3yLp7cJh2sGd9fEa6uWm5");

    SigningKeys keys = config(settings).keys().opener().open(Clock.systemUTC(), System::nanoTime);

    assertThat(keys.current().entries().stream().map(KeySet.Entry::key))
        .containsExactly(TestTokens.SECRET_KEY, TestKeys.NEXT_SECRET);
  }

  @Test
  void randomSecretOfDevelopmentDiffersEachTime() throws Exception {
    Map<String, String> settings = keyless(TestServer.settings());

    assertThat(
            config(settings)
                .keys()
                .opener()
                .open(Clock.systemUTC(), System::nanoTime)
                .current()
                .sameKeysAs(
                    config(settings)
                        .keys()
                        .opener()
                        .open(Clock.systemUTC(), System::nanoTime)
                        .current()))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "abcdefgaabbccddeeffgacegbdfaegcb, false",
    "abcdefghaabbccddeeffgghhacegbdfh, true",
    "qwertzuiopasdfgqwertzuiopasdfgqwertzuiop, false",
    "qwertzuiopasdfghqwertzuiopasdfghqwertzui, true"
  })
  void secretNeedsEightBytesThatDifferAndNoShortPeriod(String secret, boolean accepted) {
    assertThat(problemsWith(TestServer.production(), "drawbridge.jwt.secret", secret).isEmpty())
        .isEqualTo(accepted);
  }

  @Test
  void previousSecretAloneIsAMistake() throws IOException {
    Map<String, String> settings = keyless(TestServer.settings());
    settings.put("drawbridge.jwt.public.key", pem(TestKeys.RSA.getPublic()));
    settings.put("drawbridge.jwt.secret.previous", TestTokens.SECRET);

    assertThat(problems(settings))
        .singleElement()
        .asString()
        .contains("SECRET_PREVIOUS is set, but");
  }

  @ParameterizedTest
  @CsvSource({
    "none, must hold only names of",
    "RS257, must hold only names of",
    "hs256, must hold only names of",
    "'HS256,RS256', must be of one family",
    "'RS256,ES256', must be of one family",
    "RS256, no key serves it",
    "HS512, at least 64 bytes: 36"
  })
  void algorithmsMustFitTheKeyAndEachOther(String algorithms, String reason) {
    assertThat(problemsWith(TestServer.settings(), "drawbridge.jwt.algorithms", algorithms))
        .singleElement()
        .asString()
        .contains(reason);
  }

  @Test
  void algorithmsFollowTheKey() throws IOException {
    Map<PublicKey, SignatureAlgorithm> expected =
        Map.of(
            TestKeys.RSA.getPublic(), SignatureAlgorithm.RS256,
            TestKeys.P256.getPublic(), SignatureAlgorithm.ES256,
            TestKeys.P384.getPublic(), SignatureAlgorithm.ES384,
            TestKeys.ED25519.getPublic(), SignatureAlgorithm.EdDSA);
    for (Map.Entry<PublicKey, SignatureAlgorithm> entry : expected.entrySet()) {
      Map<String, String> settings = keyless(TestServer.settings());
      settings.put("drawbridge.jwt.public.key", pem(entry.getKey()));

      assertThat(config(settings).keys().algorithms().all()).containsExactly(entry.getValue());
    }
  }

  @Test
  void keySetFileWithSeveralFamiliesMayBeNarrowed() throws IOException {
    Map<String, String> settings = keyless(TestServer.settings());
    settings.put(
        "drawbridge.jwt.jwks.file",
        file(
            TestKeys.jwks(
                List.of(
                    TestKeys.jwk(TestKeys.RSA.getPublic(), "r"),
                    TestKeys.jwk(TestKeys.P256.getPublic(), "e")))));
    assertThat(config(settings).keys().algorithms()).isEqualTo(AllowedAlgorithms.ofKeys(false));

    settings.put("drawbridge.jwt.algorithms", "PS256, PS384");

    assertThat(config(settings).keys().algorithms().all())
        .isEqualTo(EnumSet.of(SignatureAlgorithm.PS256, SignatureAlgorithm.PS384));
  }

  @Test
  void badKeyFilesAreNamedWithTheReason() throws IOException {
    Map<String, String> settings = keyless(TestServer.settings());
    Map<String, String> reasons =
        Map.of(
            file("hello"), "holds no PEM block",
            file(TestKeys.pem("PRIVATE KEY", TestKeys.RSA.getPrivate().getEncoded())),
                "private key",
            file(TestKeys.pem("RSA PUBLIC KEY", new byte[] {1})), "it must be a PUBLIC KEY",
            file(TestKeys.pem("PUBLIC KEY", new byte[] {1})), "neither RSA, EC nor Ed25519",
            file(TestKeys.pem("CERTIFICATE", new byte[] {1})), "certificate cannot be read",
            pem(TestKeys.RSA_WEAK.getPublic()), "fits no algorithm",
            directory.resolve("absent").toString(), "cannot be read");
    reasons.forEach(
        (path, reason) -> {
          settings.put("drawbridge.jwt.public.key", path);
          assertThat(problems(settings))
              .singleElement()
              .asString()
              .startsWith("DRAWBRIDGE_JWT_PUBLIC_KEY is not usable: ")
              .contains(reason);
        });
  }

  @ParameterizedTest
  @CsvSource({
    "ftp://example.org/keys, must be a URL that starts with https",
    "example.org, must be a URL that starts with https",
    "https://, it must be a URL",
    "https://user:pass@example.org/keys, neither a user name nor a fragment",
    "https://example.org/keys#x, neither a user name nor a fragment",
    "http://example.org/keys, must start with https:// in production"
  })
  void keySetUrlMustBePlainHttps(String url, String reason) {
    Map<String, String> settings = keyless(TestServer.production());
    settings.put("drawbridge.jwt.jwks.url", url);

    assertThat(problems(settings))
        .singleElement()
        .asString()
        .contains(reason)
        .doesNotContain("user:pass");
  }

  @Test
  void keySetUrlIsNeverForSecrets() {
    Map<String, String> settings = keyless(TestServer.production());
    settings.put("drawbridge.jwt.jwks.url", "https://example.org/keys");
    assertThat(config(settings).keys().algorithms()).isEqualTo(AllowedAlgorithms.ofKeys(false));

    settings.put("drawbridge.jwt.algorithms", "HS256");

    assertThat(problems(settings)).singleElement().asString().contains("must not be HS");
  }

  @Test
  void cookieNeedsTheHostPrefixInProductionOnly() {
    assertThat(problemsWith(TestServer.settings(), "drawbridge.jwt.cookie", "token")).isEmpty();
    assertThat(problemsWith(TestServer.production(), "drawbridge.jwt.cookie", "token"))
        .singleElement()
        .asString()
        .contains("must start with __Host-");
    assertThat(problemsWith(TestServer.production(), "drawbridge.jwt.cookie", "__Host-token"))
        .isEmpty();
    assertThat(problemsWith(TestServer.settings(), "drawbridge.jwt.cookie", "a b"))
        .singleElement()
        .asString()
        .contains("must be a cookie's name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"true"})
  void queryTokenIsImpossibleInProduction(String value) {
    Map<String, String> settings = TestServer.production();
    settings.put("drawbridge.jwt.query.token", value);

    assertThat(Settings.of(settings).problems())
        .anySatisfy(problem -> assertThat(problem).contains("DRAWBRIDGE_JWT_QUERY_TOKEN"));
    assertThat(config(settings).queryToken()).isFalse();
  }
}
