package dev.drawbridge.filters.jwt.authentication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.filters.jwt.token.VerifiedToken;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.testing.JwksServer;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.LocalHttp;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tokens and keys whose settings change while handshakes go on. */
class AuthenticatorReloadTest {
  @TempDir Path directory;

  private final UserDirectory users =
      UserDirectory.of(
          subject -> Optional.of(User.of(subject, subject, Set.of())),
          UserDirectoryConfig.builder().build());

  private HandshakeAuthenticator opened;

  @AfterEach
  void close() {
    if (opened != null) {
      opened.close();
    }
    users.close();
  }

  private static Settings settings(String... namesAndValues) {
    Map<String, String> values = TestServer.settings();
    values.remove("drawbridge.jwt.secret");
    for (int i = 0; i < namesAndValues.length; i += 2) {
      values.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return Settings.of(values);
  }

  private HandshakeAuthenticator open(Settings settings) {
    opened = HandshakeAuthenticator.open(settings, users, null, null, Clock.systemUTC());
    return opened;
  }

  /** As a reload does it. */
  private HandshakeAuthenticator reload(Settings next, Settings before) {
    HandshakeAuthenticator present = opened;
    HandshakeAuthenticator fresh = present.reloaded(next, before);
    opened = fresh;
    present.closeAllBut(fresh);
    return fresh;
  }

  private static String signed(KeyPair pair) {
    return TestTokens.token("alice").key("RS256", pair.getPrivate()).header("kid", "k1").sign();
  }

  private static String keys(KeyPair pair) {
    return TestKeys.jwks(TestKeys.jwk(pair.getPublic(), "k1"));
  }

  @Test
  void fetchedKeysStayWhenSomethingElseChangesAndTheirServerIsAway() {
    try (JwksServer server = new JwksServer(keys(TestKeys.RSA))) {
      Settings before = settings("drawbridge.jwt.jwks.url", server.url().toString());
      VerifiedToken token = open(before).verify(signed(TestKeys.RSA));
      int asked = server.requests();
      server.die();

      HandshakeAuthenticator now =
          reload(
              settings(
                  "drawbridge.jwt.jwks.url",
                  server.url().toString(),
                  "drawbridge.jwt.leeway",
                  "5s"),
              before);

      assertThat(now.leeway().toSeconds()).isEqualTo(5);
      assertThat(now.isReady()).isTrue();
      assertThat(now.verify(signed(TestKeys.RSA)).subject()).isEqualTo("alice");
      assertThat(now.holds(token.signature())).isTrue();
      assertThat(server.requests()).isEqualTo(asked);
    }
  }

  @Test
  void addressWithoutKeysRefusesTheReloadAndLeavesNoThread() {
    try (JwksServer server = new JwksServer(keys(TestKeys.RSA));
        JwksServer dead = new JwksServer("<html>")) {
      Settings before = settings("drawbridge.jwt.jwks.url", server.url().toString());
      HandshakeAuthenticator present = open(before);
      assertThat(present.verify(signed(TestKeys.RSA)).subject()).isEqualTo("alice");

      assertThatThrownBy(
              () -> reload(settings("drawbridge.jwt.jwks.url", dead.url().toString()), before))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("the keys must be there before the reload");

      assertThat(present.verify(signed(TestKeys.RSA)).subject()).isEqualTo("alice");
      assertThat(present.isReady()).isTrue();
    }
  }

  @Test
  void newAddressIsInForceAtOnceAndItsKeysDecide() {
    try (JwksServer server = new JwksServer(keys(TestKeys.RSA));
        JwksServer other = new JwksServer(keys(TestKeys.RSA_2))) {
      Settings before = settings("drawbridge.jwt.jwks.url", server.url().toString());
      VerifiedToken token = open(before).verify(signed(TestKeys.RSA));

      HandshakeAuthenticator now =
          reload(settings("drawbridge.jwt.jwks.url", other.url().toString()), before);

      assertThat(now.verify(signed(TestKeys.RSA_2)).subject()).isEqualTo("alice");
      assertThat(now.holds(token.signature())).isFalse();
      assertThatThrownBy(() -> now.verify(signed(TestKeys.RSA)))
          .isInstanceOf(RefusedException.class);
    }
  }

  @Test
  void issuerThatChangesItsKeysByItselfTakesNoTokenBack() {
    try (JwksServer server = new JwksServer(keys(TestKeys.RSA))) {
      Settings before = settings("drawbridge.jwt.jwks.url", server.url().toString());
      VerifiedToken token = open(before).verify(signed(TestKeys.RSA));

      HandshakeAuthenticator now =
          reload(
              settings(
                  "drawbridge.jwt.jwks.url",
                  server.url().toString(),
                  "drawbridge.jwt.audience",
                  TestTokens.AUDIENCE + ",other"),
              before);

      assertThat(now.holds(token.signature())).isTrue();
    }
  }

  @Test
  void fileOfAPublicKeyIsReadAgain() throws Exception {
    Path file = directory.resolve("key.pem");
    Files.writeString(file, TestKeys.pem(TestKeys.RSA.getPublic()));
    Settings settings = settings("drawbridge.jwt.public.key", file.toString());
    HandshakeAuthenticator before = open(settings);
    VerifiedToken token = before.verify(signed(TestKeys.RSA));
    assertThat(reload(settings, settings)).as("nothing has changed").isSameAs(before);
    Files.writeString(file, TestKeys.pem(TestKeys.RSA_2.getPublic()));

    HandshakeAuthenticator now = reload(settings, settings);

    assertThat(now.readAgain(before)).containsExactly(Setting.JWT_PUBLIC_KEY);
    assertThat(now.verify(signed(TestKeys.RSA_2)).subject()).isEqualTo("alice");
    assertThat(now.holds(token.signature())).isFalse();
    Files.writeString(file, "no key");
    assertThatThrownBy(() -> reload(settings, settings)).isInstanceOf(ConfigurationException.class);
    assertThat(now.verify(signed(TestKeys.RSA_2)).subject()).isEqualTo("alice");
  }

  @Test
  void issuersFileIsReadAgain() throws Exception {
    Path key = Files.writeString(directory.resolve("a"), TestKeys.pem(TestKeys.RSA.getPublic()));
    Path file = directory.resolve("issuers.json");
    String one =
        "{\"issuer\":\"https://one.example.org\",\"publicKey\":\"%s\",\"audience\":\"%s\"}"
            .formatted(key, TestTokens.AUDIENCE);
    Files.writeString(file, "{\"issuers\":[" + one + "]}");
    Map<String, String> values = TestServer.settings();
    values.keySet().removeIf(name -> name.startsWith("drawbridge.jwt."));
    values.put("drawbridge.jwt.issuers.file", file.toString());
    Settings settings = Settings.of(values);
    HandshakeAuthenticator before = open(settings);
    String token =
        TestTokens.token("alice")
            .claim("iss", "https://one.example.org")
            .key("RS256", TestKeys.RSA.getPrivate())
            .sign();
    VerifiedToken verified = before.verify(token);
    Files.writeString(file, "{\"issuers\":[" + one.replace("//one", "//two") + "]}");

    HandshakeAuthenticator now = reload(settings, settings);

    assertThat(now.readAgain(before)).containsExactly(Setting.JWT_ISSUERS_FILE);
    assertThat(now.holds(verified.signature())).as("its issuer is gone").isFalse();
    assertThatThrownBy(() -> now.verify(token)).isInstanceOf(RefusedException.class);
  }

  @Test
  void secretOfThisStartOutlivesAReload() {
    String issuer = "http://localhost";
    Settings before = settings("drawbridge.jwt.issuer", issuer);
    HandshakeAuthenticator present = open(before);
    String minted =
        present.devTokens().mint("alice", java.time.Duration.ofMinutes(5), false).token();
    VerifiedToken token = present.verify(minted);

    HandshakeAuthenticator now =
        reload(
            settings("drawbridge.jwt.issuer", issuer, "drawbridge.jwt.algorithms", "HS256"),
            before);

    assertThat(now).isNotSameAs(present);
    assertThat(now.verify(minted).subject()).isEqualTo("alice");
    assertThat(now.holds(token.signature())).isTrue();
  }

  @Test
  void whatSignsKeepsASecret() throws Exception {
    Path file = directory.resolve("key.pem");
    Files.writeString(file, TestKeys.pem(TestKeys.RSA.getPublic()));
    Settings before = settings("drawbridge.jwt.secret", TestTokens.SECRET);
    HandshakeAuthenticator present = open(before);
    present.requireSigning();

    assertThatThrownBy(() -> reload(settings("drawbridge.jwt.public.key", file.toString()), before))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("SessionTokenServlet signs with a secret");
    assertThat(opened.sessionTokens().sign("alice").expiresAt()).isAfter(Instant.now());
  }

  @Test
  void revocationsAndCountsGoOn() {
    Settings before =
        settings(
            "drawbridge.jwt.secret", TestTokens.SECRET, "drawbridge.auth.failures.per.minute", "5");
    HandshakeAuthenticator present = open(before);
    String token = TestTokens.token("alice").claim("jti", "t1").sign();
    VerifiedToken verified = present.verify(token);
    present.verify(token);
    present.revocations().revoke("t1", verified.expiresAt());
    present.failures().failed("192.0.2.1");
    present.failures().failed("192.0.2.1");
    long hits = present.tokenCache().hits();

    HandshakeAuthenticator now =
        reload(
            settings(
                "drawbridge.jwt.secret",
                TestTokens.SECRET,
                "drawbridge.auth.failures.per.minute",
                "2"),
            before);

    assertThatThrownBy(() -> now.authenticate(token)).isInstanceOf(RefusedException.class);
    assertThat(now.failures().failed("192.0.2.1").current()).isEqualTo(3);
    assertThat(now.failures().failed("192.0.2.1").isOver()).isTrue();
    assertThat(now.tokenCache().hits()).isGreaterThanOrEqualTo(hits);
  }

  @Test
  void anotherSchemeIsAnotherAddress() {
    try (JwksServer server = new JwksServer(keys(TestKeys.RSA))) {
      Settings before = settings("drawbridge.jwt.jwks.url", server.url().toString());
      assertThat(open(before).verify(signed(TestKeys.RSA)).subject()).isEqualTo("alice");
      String secure = server.url().toString().replace("http:", "https:");
      server.die();

      assertThatThrownBy(() -> reload(settings("drawbridge.jwt.jwks.url", secure), before))
          .as("keys that came by plain http are not those of https")
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("the keys must be there before the reload");
    }
  }

  /** Settings of several issuers in a file, each with its keys at an address. */
  private Settings issuers(JwksServer... servers) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < servers.length; i++) {
      text.append(i == 0 ? "" : ",")
          .append(
              "{\"issuer\":\"https://issuer-%d.example.org\",\"jwksUrl\":\"%s\",\"audience\":\"%s\"}"
                  .formatted(i, servers[i].url(), TestTokens.AUDIENCE));
    }
    Path file = directory.resolve("issuers.json");
    Files.writeString(file, "{\"issuers\":[" + text + "]}");
    Map<String, String> values = TestServer.settings();
    values.keySet().removeIf(name -> name.startsWith("drawbridge.jwt."));
    values.put("drawbridge.jwt.issuers.file", file.toString());
    return Settings.of(values);
  }

  @Test
  void keysOfSeveralIssuersAreFetchedAtTheSameTime() throws Exception {
    CountDownLatch asked = new CountDownLatch(3);
    try (JwksServer one = new JwksServer("");
        JwksServer two = new JwksServer("");
        JwksServer three = new JwksServer("")) {
      Settings before = settings("drawbridge.jwt.secret", TestTokens.SECRET);
      open(before);
      List<JwksServer> servers = List.of(one, two, three);
      List<KeyPair> pairs = List.of(TestKeys.RSA, TestKeys.RSA_2, TestKeys.P256);
      for (int i = 0; i < 3; i++) {
        LocalHttp.Behaviour answer = LocalHttp.serving(keys(pairs.get(i)));
        servers
            .get(i)
            .behave(
                exchange -> {
                  asked.countDown();
                  await(asked);
                  answer.answer(exchange);
                });
      }

      HandshakeAuthenticator now = reload(issuers(one, two, three), before);

      assertThat(now.isReady()).isTrue();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void allKeyServersThatGiveNothingAreToldAtOnceEachWithItsIssuer() throws Exception {
    try (JwksServer one = new JwksServer("<html>");
        JwksServer two = new JwksServer(keys(TestKeys.RSA));
        JwksServer three = new JwksServer("<html>")) {
      Settings before = settings("drawbridge.jwt.secret", TestTokens.SECRET);
      open(before);
      Settings next = issuers(one, two, three);

      assertThatThrownBy(() -> reload(next, before))
          .isInstanceOfSatisfying(
              ConfigurationException.class,
              e ->
                  assertThat(e.problems())
                      .hasSize(2)
                      .anyMatch(each -> each.contains("of https://issuer-0.example.org: "))
                      .anyMatch(each -> each.contains("of https://issuer-2.example.org: ")));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "drawbridge.jwt.secret.file",
        "drawbridge.jwt.public.key",
        "drawbridge.jwt.jwks.file",
        "drawbridge.jwt.issuers.file"
      })
  void filesWithoutEndAreRefused(String name) throws Exception {
    Path pipe = directory.resolve("pipe");
    Process made = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assertThat(made.waitFor(10, TimeUnit.SECONDS) && made.exitValue() == 0).isTrue();
    Path huge = directory.resolve("huge");
    try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
      file.setLength(3L << 30);
    }
    Settings before = settings("drawbridge.jwt.secret", TestTokens.SECRET);
    HandshakeAuthenticator present = open(before);

    for (Path file : List.of(pipe, huge, directory)) {
      Map<String, String> values = TestServer.settings();
      values.remove("drawbridge.jwt.secret");
      if (name.endsWith("issuers.file")) {
        values.keySet().removeIf(each -> each.startsWith("drawbridge.jwt."));
      }
      values.put(name, file.toString());

      assertThatThrownBy(() -> reload(Settings.of(values), before))
          .as(file.toString())
          .isInstanceOf(ConfigurationException.class);
    }

    assertThat(opened).isSameAs(present);
  }
}
