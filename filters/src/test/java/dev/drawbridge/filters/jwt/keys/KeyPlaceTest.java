package dev.drawbridge.filters.jwt.keys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.testing.TestKeys;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two spellings of one place of keys are one place. */
class KeyPlaceTest {

  private static final String URL = "https://keys.example/a/jwks.json?x=%2F";

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://KEYS.Example/a/jwks.json?x=%2F",
        "HTTPS://keys.example:443/a/jwks.json?x=%2f",
        "https://keys.example./a/jwks.json?x=%2F",
        "https://keys.example:/a/jwks.json?x=%2F",
        "https://keys.example/a/jwks.json/?x=%2F",
        "https://keys.example/a/./b/../jwks.json?x=%2F",
        "https://keys.example/../a//jwks.json?x=%2F",
        "https://keys.example/%61/jwks%2Ejson?x=%2F",
        "http://keys.example/a/jwks.json?x=%2F",
        "http://keys.example:80/a/jwks.json?x=%2F"
      })
  void otherSpellingIsTheSamePlace(String other) throws Exception {
    assertThat(KeyPlace.of(new URI(other))).isEqualTo(KeyPlace.of(new URI(URL)));
    assertThat(problems("jwksUrl", URL, other))
        .singleElement()
        .asString()
        .contains("must not share keys");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://keys.example/a/jwks.json",
        "https://keys.example/a/jwks.json?x=/",
        "https://keys.example/a/JWKS.json?x=%2F",
        "https://keys.example:8443/a/jwks.json?x=%2F",
        "https://keys.example:80/a/jwks.json?x=%2F",
        "https://b.keys.example/a/jwks.json?x=%2F",
        "https://keys.example/a%2Fjwks.json?x=%2F"
      })
  void otherPlaceIsAnother(String other) throws Exception {
    assertThat(KeyPlace.of(new URI(other))).isNotEqualTo(KeyPlace.of(new URI(URL)));
    assertThat(problems("jwksUrl", URL, other)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "https://a.example, https://A.example",
    "https://a.example, https://a.example/",
    "https://a.example/realm, https://a.example:443/realm/",
    "https://a.example/r, http://a.example/r"
  })
  void twoIssuersOfOneMetadataShareKeys(String one, String other) throws Exception {
    Path file = directory.resolve("issuers.json");
    Files.writeString(
        file,
        "{\"issuers\": [{\"issuer\": \"%s\", \"audience\": \"a\"}, {\"issuer\": \"%s\", \"audience\": \"a\"}]}"
            .formatted(one, other));

    assertThat(problems(file))
        .singleElement()
        .asString()
        .contains("must not share keys", one, other);
  }

  @Test
  void fileByAnotherPathIsTheSamePlace() throws Exception {
    Path file = Files.writeString(directory.resolve("a.json"), "{}");
    Path folder = Files.createDirectory(directory.resolve("folder"));
    Path link = Files.createSymbolicLink(folder.resolve("b.json"), file);

    for (Path each : List.of(link, folder.resolve("../a.json"), directory.resolve("./a.json"))) {
      assertThat(KeyPlace.of(each)).isEqualTo(KeyPlace.of(file));
    }
    assertThat(KeyPlace.of(directory.resolve("x/../absent")))
        .isEqualTo(KeyPlace.of(directory.resolve("absent")))
        .isNotEqualTo(KeyPlace.of(file));
  }

  @Test
  void oneFileByTwoPathsIsAShareOfKeys() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("a.json"),
            TestKeys.jwks(TestKeys.jwk(TestKeys.RSA.getPublic(), "one")));
    Path link = Files.createSymbolicLink(directory.resolve("b.json"), file);

    assertThat(problems("jwksFile", file.toString(), link.toString()))
        .singleElement()
        .asString()
        .contains("must not share keys");
  }

  private List<String> problems(String member, String one, String other) throws Exception {
    Path file = directory.resolve("issuers.json");
    Files.writeString(
        file,
        """
        {"issuers": [
          {"issuer": "https://a.example", "audience": "a", "%1$s": "%2$s"},
          {"issuer": "https://b.example", "audience": "a", "%1$s": "%3$s"}]}
        """
            .formatted(member, one, other));
    return problems(file);
  }

  private static List<String> problems(Path file) {
    return HandshakeAuthenticator.problems(
        Settings.of(
            Map.of(
                "ENVIRONMENT",
                "production",
                "drawbridge.jwt.allow.http",
                "true",
                "drawbridge.jwt.issuers.file",
                file.toString())));
  }
}
