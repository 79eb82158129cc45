package dev.drawbridge.filters.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublishedSecretsTest {
  private static String flaw(String secret) {
    return PublishedSecrets.flaw(secret.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "${JWT_SECRET}",
        "${JWT_SECRET:-}",
        "${env:JWT_SECRET_OF_THE_PRODUCTION_SERVER}",
        "prefix-${JWT_SECRET_OF_THE_PRODUCTION}",
        "$(cat /run/secrets/jwt-of-production)",
        "$JWT_SECRET_OF_THE_PRODUCTION_SERVER",
        "{{ .Values.drawbridge.jwt.secret }}",
        "{{ vault_jwt_secret_of_production }}",
        "<%= ENV['JWT_SECRET_OF_PRODUCTION'] %>",
        "<your-jwt-secret-of-at-least-32-bytes>",
        "<INSERT SECRET HERE, AT LEAST 32 BYTES>",
        "[your secret of at least 32 bytes here]",
        "%JWT_SECRET_OF_THE_PRODUCTION_SERVER%",
        "@jwt.secret.of.the.production.server@",
        "__JWT_SECRET_OF_THE_PRODUCTION__",
        "ENC(0f9d3c6b1e8a75424b7d2e9c5a1f8036)",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jwt-AbCdEf",
        "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/jwt",
        "projects/123456/secrets/jwt-secret/versions/latest",
        "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/jwt)",
        "op://production/drawbridge/jwt-secret",
        "vault:secret/data/drawbridge#jwt-secret",
        "/run/secrets/drawbridge-jwt-secret-file",
        "changeme",
        "change-me-change-me-change-me-change-me",
        "CHANGE_ME_IN_PRODUCTION_0123456789abcdef",
        "please change this to something long and random",
        "ChangeThisSecretBeforeYouGoToProduction",
        "replace-with-a-strong-secret-of-32-bytes",
        "your-256-bit-secret-your-256-bit-secret",
        "your_super_secret_jwt_key_goes_here_1234",
        "YOUR_SECRET_KEY_HERE_AT_LEAST_32_BYTES!",
        "'your-secret-key-that-is-32-bytes-long!'",
        "insert-your-secret-here-insert-your-secret",
        "this-is-a-placeholder-of-thirty-two-bytes",
        "TODO: put the secret of production in here",
        "TBD: to be decided before production starts",
        "set-a-strong-secret-of-at-least-32-bytes",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "****************************************",
      })
  void whatStandsInTheSecretsPlaceIsAPlaceholder(String text) {
    assertThat(flaw(text)).startsWith("is a placeholder");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970",
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        "a-string-secret-at-least-256-bits-long",
        "super-secret-jwt-token-with-at-least-32-characters-long",
        "======================BezKoder=Spring===========================",
      })
  void whatManualsPublishIsKnown(String text) {
    assertThat(flaw(text)).startsWith("is published");
    assertThat(flaw(text + "\n")).isNotNull();
  }

  @Test
  void decodedFormOfAPublishedTextIsKnownToo() {
    byte[] hex =
        HexFormat.of().parseHex("09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7");
    byte[] base64 =
        Base64.getUrlDecoder()
            .decode(
                "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");

    assertThat(PublishedSecrets.flaw(hex)).startsWith("is published");
    assertThat(PublishedSecrets.flaw(base64)).startsWith("is published");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TBD+dJ0v5yq1cQ8mEw7Zk3sRr2nXbG4hLpT9uYfA6iVoWzNjKxCeHlSgDtBaMvPq",
        "tbdA0v5yq1cQ8mEw7Zk3sRr2nXbG4hLpT9uYfA6iVoWzNjKxCeHlSgDtBaMvPqr8",
        "SeTa/0v5yq1cQ8mEw7Zk3sRr2nXbG4hLpT9uYfA6iVoWzNjKxCeHlSgDtBaMvPqr",
        "adda+0v5yq1cQ8mEw7Zk3sRr2nXbG4hLpT9uYfA6iVoWzNjKxCeHlSgDtBaMvPqr",
      })
  void randomSecretThatBeginsLikeAWordPasses(String secret) {
    assertThat(flaw(secret)).isNull();
  }

  @Test
  void lengthOfASecretIsNoTrouble() {
    assertThat(flaw("x".repeat(100_000))).startsWith("is a placeholder");
    assertThat(flaw("{{".repeat(2_000))).isNull();
  }

  @Test
  void randomSecretsPass() {
    SecureRandom random = new SecureRandom();
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[48];
      random.nextBytes(bytes);

      assertThat(flaw(Base64.getEncoder().encodeToString(bytes))).isNull();
      assertThat(flaw(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes))).isNull();
      assertThat(flaw(HexFormat.of().formatHex(bytes))).isNull();
      assertThat(PublishedSecrets.flaw(bytes)).isNull();
    }
  }
}
